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

}  // namespace larkspur::starlark
