// The steps that the running slice has left.
//
// The interpreter leaves its loop at the next safe point (a back-edge, a call) when `left` is 0. So
// whoever wants it out of the loop earlier, the heap for a collection, sets the rest aside: the
// fast path of every charge and every loop stays one comparison.
#pragma once

#include <cstdint>

namespace larkspur::starlark {

struct Fuel {
  std::int64_t left = 0;  // never below zero
  std::int64_t held = 0;  // set aside while interrupted; charges take from it
  bool interrupted = false;

  std::uint64_t total() const { return static_cast<std::uint64_t>(left + held); }
  void add(std::uint64_t steps) { (interrupted ? held : left) += static_cast<std::int64_t>(steps); }
  // REQUIRES: steps <= total().
  void take(std::uint64_t steps) {
    (interrupted ? held : left) -= static_cast<std::int64_t>(steps);
  }
  void interrupt() {
    interrupted = true;
    held += left;
    left = 0;
  }
  void restore() {
    interrupted = false;
    left += held;
    held = 0;
  }
};

}  // namespace larkspur::starlark
