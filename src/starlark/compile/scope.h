// What names mean. The resolver makes these, the compiler reads them; they live in the tree's
// arena.
#pragma once

#include <cstdint>

#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// One name in one scope.
struct Binding {
  enum class Kind : std::uint8_t {
    kLocal,   // a register of its function: index. A variable of the script that no function uses,
              // too
    kFree,    // a variable of an enclosing function: index of the capture
    kGlobal,  // a variable of the script that functions use: index of the slot
    kPredeclared,  // given by the host: index
    kUniversal,    // given by the language: index
    kNone,
    kTrue,
    kFalse,
    kUndefined,
  };
  Kind kind = Kind::kLocal;
  bool always = false;    // assigned where it is reached exactly once
  bool early = false;     // captured by a function that stands before the assignment
  bool captured = false;  // an inner function uses it
  bool cell =
      false;  // kLocal: the register holds a cell, since the value may change after a capture
  bool parameter = false;
  bool declared = false;  // of the script: the walk has met its first assignment, at declared_at
  bool loaded = false;    // ... a load(), which makes it no global of the script
  std::uint16_t index = 0;
  NameId name = 0;
  std::uint32_t assignments = 0;
  std::uint32_t declared_at = 0;
  std::uint32_t bound_at = 0;      // where the (first) assignment ends
  Function* function = nullptr;    // a def of this name
  FunctionScope* owner = nullptr;  // null for predeclared and universal names
  // Of a variable of a comprehension, which is always bound where it can be seen.
  ComprehensionExpr* comprehension = nullptr;
  Binding* captured_from = nullptr;     // kFree: the same variable, one function further out
  Binding* shadowed = nullptr;          // what the name means outside of this scope
  Binding* next_in_block = nullptr;     // the other names of this scope
  Binding* next_in_function = nullptr;  // the next local, or the next capture, of the function
};

// The names of one function, in lists that keep their order: the order of registers and captures.
struct FunctionScope {
  Function* function = nullptr;
  FunctionScope* parent = nullptr;  // null for the script itself
  Binding* block = nullptr;         // all names, without those of comprehensions
  Binding* locals = nullptr;
  Binding* captures = nullptr;
  Binding* last_local = nullptr;
  Binding* last_capture = nullptr;
  std::uint32_t local_count = 0;  // registers, after resolving
  std::uint32_t capture_count = 0;
};

// Whether a variable, seen from whatever function, lives in a cell.
inline bool in_cell(const Binding* binding) {
  while (binding->kind == Binding::Kind::kFree) binding = binding->captured_from;
  return binding->cell;
}

// Counts how deep a walk of the tree is in something.
class Deeper {
 public:
  explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

}  // namespace larkspur::starlark
