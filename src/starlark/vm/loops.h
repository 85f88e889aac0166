// What a `for` does with its iterator (struct Loop in vm/objects.h).
#pragma once

#include "starlark/vm/context.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {

// The iterator over `container`; failed() where it cannot be iterated.
Value begin_loop(Context& context, Value container);
// The next element into `out`; false at the end. Never fails.
bool next_element(Loop& loop, Value& out);
// Ends the loop and clears `iterator`.
void end_loop(Context& context, Value& iterator);

inline bool next_of_list(Loop& loop, Value& out) {
  List* list = object_cast<List>(loop.container);
  if (loop.position >= list->length) return false;
  out = list->items[loop.position++];
  return true;
}

inline bool next_of_range(Loop& loop, Value& out) {
  if (loop.remaining == 0) return false;
  --loop.remaining;
  out = Value::small_int(loop.position);
  loop.position += loop.remaining > 0 ? loop.step : 0;
  return true;
}

// next_element() with what is most common inline.
inline bool next_of(Loop& loop, Value& out) {
  if (loop.length == static_cast<std::uint32_t>(Type::kList)) return next_of_list(loop, out);
  if (loop.length == static_cast<std::uint32_t>(Type::kRange)) return next_of_range(loop, out);
  return next_element(loop, out);
}

}  // namespace larkspur::starlark
