// `for`: an iterator is an object of its own that lies in one register while the loop runs, and
// keeps a list, dict or set from changing under it.
#pragma once

#include "starlark/vm/context.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {

// length = the Type of the container, so that the interpreter need not look it up each time.
struct Loop : Object {
  Value container;
  std::int64_t position;   // of the next element; in a range the next int itself
  std::int64_t remaining;  // range: ints to come
  std::int64_t step;
};

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
