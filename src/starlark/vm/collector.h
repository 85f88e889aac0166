// Finds out what a script can still reach, and frees the rest.
//
//   Collector collector(heap);
//   collector.mark(value); collector.mark_block(task.registers); ...   every root
//   collector.finish();
//
// It runs only at safe points: between two instructions of every task, so that all live values lie
// in registers, globals, captures and the state of native frames. It uses no recursion, and memory
// of its own in proportion to the heap's limit (1/32 at most): what does not fit its stack is
// flagged, and found again by walking the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "starlark/vm/heap.h"

namespace larkspur::starlark {

class Collector {
 public:
  explicit Collector(Heap& heap);

  void mark(Value value) {
    if (value.is_object()) mark(value.as_object());
  }
  void mark(Object* object);
  void mark(std::span<const Value> values) {
    for (Value value : values) mark(value);
  }
  // A block whose contents the caller marks. nullptr is welcome.
  void mark_block(void* block) {
    if (block != nullptr) Heap::header_of(block)->flags |= Object::kMarked;
  }

  // Follows everything marked so far, then sweeps. Gives the work it was, in steps (about 10 ns).
  std::uint64_t finish();

 private:
  void drain();
  void scan(Object& object);

  Heap& heap_;
  std::vector<Object*> stack_;  // marked, not yet looked into
  std::size_t stack_limit_;
  bool deferred_ = false;
  std::uint64_t work_ = 0;
};

}  // namespace larkspur::starlark
