// The memory of one script: cells with a hard limit that is counted before memory is taken.
//
// Everything here is a cell that begins with an Object header (vm/objects.h). There are two kinds:
//   - objects, which values point to, and which stay until the collector finds them dead;
//   - blocks (Type::kBlock), which one owner holds (a list's items, a dict's table, a stack of
//     registers) and gives back when it grows. A block is handed out without its header.
// Small cells are carved off chunks (2 KiB at first, growing with the heap to 256 KiB); what is
// larger than kLargeBytes has an allocation of its own. Nothing has a destructor: the heap is
// dropped whole at the end, so only trivially destructible types live here.
//
// The heap takes no part in finding out what is alive: the collector (vm/collector.h) sets
// Object::kMarked, then sweep() makes every other cell free. Cells never move. Headers tell sizes
// (cell_bytes), so a chunk can be walked from its begin to its end; neighbouring free cells become
// one, and new cells are carved off them as off a fresh chunk.
//
// allocate() and friends give nullptr when the limit would be passed; Context turns that into the
// terminal memory-limit error. One thread at a time. Not movable: the machine owns it in place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "starlark/vm/fuel.h"
#include "starlark/vm/objects.h"

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define LARKSPUR_POISON(address, bytes) ASAN_POISON_MEMORY_REGION(address, bytes)
#define LARKSPUR_UNPOISON(address, bytes) ASAN_UNPOISON_MEMORY_REGION(address, bytes)
#else
#define LARKSPUR_POISON(address, bytes) ((void)0)
#define LARKSPUR_UNPOISON(address, bytes) ((void)0)
#endif

namespace larkspur::starlark {

class Heap {
 public:
  // What is larger has an allocation of its own.
  static constexpr std::size_t kLargeBytes = std::size_t{16} << 10;

  // `fuel` is interrupted when a collection is due; nullptr where nobody collects.
  explicit Heap(std::size_t limit_bytes, Fuel* fuel = nullptr) : limit_(limit_bytes), fuel_(fuel) {
    plan_collection();
  }
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // Memory for an object, 8-aligned, not cleared; nullptr when the limit would be passed. The
  // caller writes the header before the next safe point.
  void* allocate(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    if (bytes - 1 < static_cast<std::size_t>(end_ - top_)) {  // 0 bytes take the slow way
      char* result = top_;
      top_ += bytes;
      LARKSPUR_UNPOISON(result, bytes);
      return result;
    }
    return allocate_slow(bytes);
  }

  // A block of at least `bytes`; `bytes` becomes what it really has, all of it usable.
  void* allocate_block(std::size_t& bytes);
  // Gives back a block; `bytes` is the size that allocate_block said.
  void free_block(void* block, std::size_t bytes);
  // A block of at least `bytes` that begins with the first `used` bytes of `block`, which is given
  // back. On nullptr the old block stays as it was. `block` may be nullptr with `old_bytes` 0.
  void* grow_block(void* block, std::size_t old_bytes, std::size_t used, std::size_t& bytes);
  // The header in front of a block. Whoever overwrites it turns the block into an object.
  static Object* header_of(void* block) { return static_cast<Object*>(block) - 1; }

  // Would `bytes` more fit? The check to make before work that will need so much.
  bool has_room(std::size_t bytes) const { return bytes <= limit_ - used_; }

  // Counts memory that a native keeps elsewhere for this script, for good. False where it does not
  // fit.
  bool take_outside(std::size_t bytes) {
    if (!has_room(bytes)) return false;
    take(bytes);
    return true;
  }

  std::size_t used_bytes() const { return used_; }  // taken from the system, headers included
  std::size_t peak_bytes() const { return peak_; }
  std::size_t limit_bytes() const { return limit_; }

  // --- For the collector ---

  bool wants_collection() const { return wants_collection_; }
  void request_collection() {
    wants_collection_ = true;
    if (fuel_ != nullptr) fuel_->interrupt();
  }
  // Frees what is not marked and takes the marks off the rest. Gives the number of cells seen.
  std::size_t sweep();
  // visit(Object&) for every cell, free ones included.
  template <class F>
  void for_each_cell(F visit);

 private:
  struct Chunk {
    Chunk* next;
    std::size_t bytes;  // this header included

    char* begin() { return reinterpret_cast<char*>(this + 1); }
    char* end() { return reinterpret_cast<char*>(this) + bytes; }
  };
  struct Large {
    Large* next;
    Large* previous;
    std::size_t bytes;   // this header included
    std::size_t unused;  // keeps what follows 16-aligned

    Object* cell() { return reinterpret_cast<Object*>(this + 1); }
  };
  // Object::length is its size. One of 8 bytes has no `next` and is on no list.
  struct FreeCell : Object {
    FreeCell* next;
  };

  static constexpr std::size_t kFirstChunkBytes = 2048 - 16;  // with malloc's own header: 2 KiB
  // And not more than 1/64 of the limit: a gap is noticed when it is used up.
  static constexpr std::size_t kMaxChunkBytes = std::size_t{256} << 10;
  static constexpr std::size_t kMaxSmallCell = kLargeBytes + sizeof(Object);
  // Free cells by size: one bin for each size up to 256 bytes, then two for each power of two.
  static constexpr std::size_t kExactBins = 31;
  static constexpr std::size_t kBins = kExactBins + 22;

  static std::size_t bin_of(std::size_t bytes);

  void* allocate_slow(std::size_t bytes);
  bool new_chunk(std::size_t bytes);
  Object* allocate_large(std::size_t bytes);
  void free_large(Large* large);
  void* grow_large(void* block, std::size_t& bytes);

  void add_free(char* begin, std::size_t bytes);
  FreeCell* pop_free(std::size_t bin);
  FreeCell* take_free(std::size_t bytes);
  void retire_gap();
  void sweep_large(std::size_t& cells);
  bool sweep_chunk(Chunk& chunk, std::size_t& cells);
  void plan_collection();

  void take(std::size_t bytes) {
    used_ += bytes;
    if (used_ > peak_) peak_ = used_;
  }
  void occupy(std::size_t bytes) {
    occupied_ += static_cast<std::ptrdiff_t>(bytes);
    if (occupied_ > collect_at_ && !wants_collection_) request_collection();
  }

  // The gap that cells are carved off.
  char* gap_ = nullptr;  // its begin
  char* top_ = nullptr;
  char* end_ = nullptr;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  std::size_t limit_;
  // Cells that are not free, but for those carved off the present gap (so a block that lies there
  // and is given back may take it below zero for a while).
  std::ptrdiff_t occupied_ = 0;
  std::ptrdiff_t collect_at_ = 0;  // when occupied_ passes this
  Fuel* fuel_;
  bool wants_collection_ = false;
  Chunk* chunks_ = nullptr;
  Large* large_ = nullptr;
  std::uint64_t filled_bins_ = 0;
  FreeCell* free_[kBins] = {};
};

template <class F>
void Heap::for_each_cell(F visit) {
  retire_gap();
  for (Large* large = large_; large != nullptr; large = large->next) visit(*large->cell());
  for (Chunk* chunk = chunks_; chunk != nullptr; chunk = chunk->next) {
    for (char* at = chunk->begin(); at < chunk->end();) {
      auto& cell = *reinterpret_cast<Object*>(at);
      at += cell_bytes(cell);
      visit(cell);
    }
  }
}

}  // namespace larkspur::starlark
