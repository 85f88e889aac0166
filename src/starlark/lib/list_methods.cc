#include <algorithm>
#include <cstring>

#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

List& self(const Args& args) {
  return *as_list(args.self);
}

// A bound as slices take it: negative from the end, cut to the length.
std::int64_t clamp_bound(std::int64_t i, std::int64_t length) {
  if (i < 0) i += length;
  return std::clamp<std::int64_t>(i, 0, length);
}

// First element in [begin, end) that is equal to x, or -1. False on an error.
bool find_element(Context& context, const List& list, Value x, std::int64_t begin, std::int64_t end,
                  std::int64_t& found) {
  for (found = begin; found < end; ++found) {
    bool same = false;
    if (!context.charge(1) || !equal(context, list.items[found], x, same)) return false;
    if (same) return true;
  }
  found = -1;
  return true;
}

// Moves the items from `from` on to `to`.
bool shift_items(Context& context, List& list, std::int64_t from, std::int64_t to) {
  const std::size_t bytes = static_cast<std::size_t>(list.length - from) * sizeof(Value);
  if (!context.charge_bytes(bytes)) return false;
  if (bytes != 0) std::memmove(list.items + to, list.items + from, bytes);
  return true;
}

bool remove_at(Context& context, List& list, std::int64_t i) {
  if (!shift_items(context, list, i + 1, i)) return false;
  --list.length;
  return true;
}

}  // namespace

Value list_append(Context& context, const Args& args) {
  if (!args.no_keywords(context) || !args.check_count(context, 1, 1)) return Value::failed();
  List& list = self(args);
  if (!context.check_mutable(list, "append to") || !context.append(list, args.positional[0])) {
    return Value::failed();
  }
  return Value::none();
}

Value list_clear(Context& context, const Args& args) {
  if (!no_arguments(context, args) || !context.check_mutable(self(args), "clear"))
    return Value::failed();
  self(args).length = 0;
  return Value::none();
}

Value list_copy(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  List* copy = to_list(context, args.self);
  return copy == nullptr ? Value::failed() : Value::object(copy);
}

Value list_count(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  const List& list = self(args);
  std::int64_t count = 0, found = 0;
  for (std::int64_t i = 0;; i = found + 1) {
    if (!find_element(context, list, x, i, list.length, found)) return Value::failed();
    if (found < 0) return Value::small_int(count);
    ++count;
  }
}

Value list_extend(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  List& list = self(args);
  if (!context.check_mutable(list, "extend")) return Value::failed();
  Iterator elements;
  if (!elements.start(context, x, "extend")) return Value::failed();
  const std::size_t count = elements.remaining(), needed = list.length + count;
  if (!context.charge(count)) return Value::failed();
  // Grown once for all, and by half at least: many short extends stay linear.
  if (needed > list.capacity &&
      !context.grow(list, std::max(needed, list.length + std::size_t{list.length} / 2))) {
    return Value::failed();
  }
  Value element;
  for (std::size_t i = 0; i < count && elements.next(context, element); ++i) {
    if (!context.goes_on(i)) return Value::failed();
    list.items[list.length++] = element;  // x may be the list itself: `count` was taken before
  }
  return Value::none();
}

Value list_index(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"x", "start?", "end?", "/"}, v)) return Value::failed();
  const List& list = self(args);
  std::int64_t begin = 0, end = list.length, found = 0;
  if (!want_int(context, args, "start", v[1], begin) ||
      !want_int(context, args, "end", v[2], end)) {
    return Value::failed();
  }
  begin = clamp_bound(begin, list.length);
  end = clamp_bound(end, list.length);
  if (!find_element(context, list, v[0], begin, end, found)) return Value::failed();
  if (found < 0) return context.fail("index: value not in list");
  return Value::small_int(found);
}

Value list_insert(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"i", "x", "/"}, v)) return Value::failed();
  List& list = self(args);
  std::int64_t i = 0;
  if (v[0].is_none()) return wrong_type(context, args, "i", v[0], "int");
  if (!context.check_mutable(list, "insert into") || !want_int(context, args, "i", v[0], i)) {
    return Value::failed();
  }
  i = clamp_bound(i, list.length);
  if (!context.append(list, v[1])) return Value::failed();
  --list.length;  // append made the room; the items move into it
  if (!shift_items(context, list, i, i + 1)) return Value::failed();
  list.items[i] = v[1];
  ++list.length;
  return Value::none();
}

Value list_pop(Context& context, const Args& args) {
  Value v = Value::missing();
  if (!args.bind(context, {"i?", "/"}, &v)) return Value::failed();
  List& list = self(args);
  std::int64_t i = -1;
  if (!context.check_mutable(list, "pop from") || !want_int(context, args, "i", v, i))
    return Value::failed();
  if (list.length == 0) return context.fail("pop: list is empty");
  const std::int64_t length = list.length;
  const std::int64_t place = i < 0 ? i + length : i;
  if (place < 0 || place >= length) {
    return context.fail("pop: list index " + std::to_string(i) + " out of range [" +
                        std::to_string(-length) + ":" + std::to_string(length - 1) + "]");
  }
  const Value popped = list.items[place];
  return remove_at(context, list, place) ? popped : Value::failed();
}

Value list_remove(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  List& list = self(args);
  std::int64_t found = 0;
  if (!context.check_mutable(list, "remove from") ||
      !find_element(context, list, x, 0, list.length, found)) {
    return Value::failed();
  }
  if (found < 0) return context.fail("remove: element not found");
  return remove_at(context, list, found) ? Value::none() : Value::failed();
}

Value list_reverse(Context& context, const Args& args) {
  if (!no_arguments(context, args) || !context.check_mutable(self(args), "reverse") ||
      !context.charge(self(args).length)) {
    return Value::failed();
  }
  std::ranges::reverse(self(args).values());
  return Value::none();
}

}  // namespace larkspur::starlark::lib
