// Functions that make collections, and those that run over an iterable without calling back.
#include <algorithm>
#include <vector>

#include "starlark/lib/collections.h"
#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

// The pair at position `index` of what dict() or update() was given.
bool set_pair(Context& context, Dict& dict, const Value& pair, std::size_t index,
              std::string_view what) {
  const std::int64_t length = length_of(pair);
  const bool iterable = is_iterable(pair);
  if (!iterable || length != 2) {
    std::string text = "dictionary update sequence element #" + std::to_string(index);
    if (!iterable) {
      text += " is not iterable (" + std::string(type_name(pair)) + ")";
    } else {
      text += " has length " + std::to_string(length) + ", want 2";
    }
    context.fail(message(what, text));
    return false;
  }
  Iterator parts;
  Value key, value;
  return parts.start(context, pair) && parts.next(context, key) && parts.next(context, value) &&
         table_set(context, dict, key, value);
}

bool truth_of_any(Context& context, const Args& args, bool wanted, bool& found) {
  Value x;
  Iterator elements;
  if (!args.bind(context, {"x", "/"}, &x)) return false;
  if (!elements.start(context, x, args.function_name()) || !context.charge(elements.remaining())) {
    return false;
  }
  found = false;
  Value element;
  for (std::size_t i = 0; !found && elements.next(context, element); ++i) {
    if (!context.goes_on(i)) return false;
    found = truth(element) == wanted;
  }
  return true;
}

}  // namespace

bool update_dict(Context& context, Dict& dict, Value from, std::string_view what) {
  if (is_dict(from)) {
    const Dict& source = *as_dict(from);
    if (!context.charge(source.length) ||
        !table_reserve(context, dict, dict.length + source.length)) {
      return false;
    }
    std::uint32_t position = 0;
    while (const Entry* entry = table_next(source, position)) {
      if (!table_set(context, dict, entry->key, entry->value)) return false;
    }
    return true;
  }
  Iterator pairs;
  if (!pairs.start(context, from, what) || !context.charge(pairs.remaining())) return false;
  Value pair;
  for (std::size_t i = 0; pairs.next(context, pair); ++i) {
    if (!context.goes_on(i) || !set_pair(context, dict, pair, i, what)) return false;
  }
  return true;
}

bool update_by_keywords(Context& context, Table& table, const Args& args) {
  if (!context.charge(args.named.size())) return false;
  for (std::size_t i = 0; i < args.named.size(); ++i) {
    if (!table_set(context, table, args.names[i], args.named[i])) return false;
  }
  return true;
}

bool add_all(Context& context, Set& set, Value iterable, std::string_view what) {
  Iterator elements;
  if (!elements.start(context, iterable, what) || !context.charge(elements.remaining())) {
    return false;
  }
  Value element;
  for (std::size_t i = 0; elements.next(context, element); ++i) {
    if (!context.goes_on(i) || !set_add(context, set, element)) return false;
  }
  return true;
}

Value fn_list(Context& context, const Args& args) {
  Value x = Value::missing();
  if (!args.bind(context, {"x?", "/"}, &x)) return Value::failed();
  List* list = x.is_missing() ? context.list() : to_list(context, x, "list");
  return list == nullptr ? Value::failed() : Value::object(list);
}

Value fn_tuple(Context& context, const Args& args) {
  Value x = Value::missing();
  if (!args.bind(context, {"x?", "/"}, &x)) return Value::failed();
  if (x.is_missing()) return context.tuple(std::span<const Value>{});
  if (is_tuple(x)) return x;
  if (is_list(x))
    return context.charge(as_list(x)->length) ? context.tuple(as_list(x)->values())
                                              : Value::failed();
  const List* list = to_list(context, x, "tuple");
  return list == nullptr ? Value::failed() : context.tuple(list->values());
}

Value fn_dict(Context& context, const Args& args) {
  if (!args.check_count(context, 0, 1)) return Value::failed();
  Dict* dict = context.dict(args.named.size());
  if (dict == nullptr) return Value::failed();
  if (!args.positional.empty() && !update_dict(context, *dict, args.positional[0], "dict")) {
    return Value::failed();
  }
  return update_by_keywords(context, *dict, args) ? Value::object(dict) : Value::failed();
}

Value new_struct(Context& context, const Args& args, Value constructor) {
  Struct* fields = context.structure(args.named.size(), constructor);
  if (fields == nullptr || !update_by_keywords(context, *fields, args)) return Value::failed();
  return Value::object(fields);
}

Value fn_struct(Context& context, const Args& args) {
  if (!args.check_count(context, 0, 0)) return Value::failed();
  return new_struct(context, args, Value::none());
}

Value fn_set(Context& context, const Args& args) {
  Value x = Value::missing();
  if (!args.bind(context, {"x?", "/"}, &x)) return Value::failed();
  Set* set = context.set();
  if (set == nullptr) return Value::failed();
  if (!x.is_missing() && !add_all(context, *set, x, "set")) return Value::failed();
  return Value::object(set);
}

Value fn_range(Context& context, const Args& args) {
  if (!args.no_keywords(context) || !args.check_count(context, 1, 3)) return Value::failed();
  std::int64_t v[3] = {0, 0, 1};
  for (std::size_t i = 0; i < args.positional.size(); ++i) {
    const Value x = args.positional[i];
    if (!is_int(x)) return wrong_type(context, args, std::to_string(i + 1), x, "int");
    if (!x.is_small_int())
      return context.fail("range: " + short_repr(context, x) +
                          " out of range (want value in signed 64-bit range)");
    v[i] = x.as_small_int();
  }
  if (args.positional.size() == 1) std::swap(v[0], v[1]);
  if (v[2] == 0) return context.fail("range: step argument must not be zero");
  return context.range(v[0], v[1], v[2]);
}

Value fn_enumerate(Context& context, const Args& args) {
  Value v[2] = {Value::missing(), Value::missing()};
  if (!args.bind(context, {"x", "start?"}, v)) return Value::failed();
  std::int64_t index = 0;
  Iterator elements;
  if (!want_int(context, args, "start", v[1], index)) return Value::failed();
  if (!elements.start(context, v[0], "enumerate")) return Value::failed();
  if (!v[1].is_missing() && !v[1].is_small_int())
    return context.fail("enumerate: start is too large");
  const std::size_t count = elements.remaining();
  constexpr std::size_t kBytesEach = sizeof(Value) + sizeof(Tuple) + 2 * sizeof(Value);
  if (!context.charge(2 * count) || !context.reserve(count * kBytesEach)) return Value::failed();
  List* list = context.list(count);
  if (list == nullptr) return Value::failed();
  Value pair[2];
  while (elements.next(context, pair[1])) {
    pair[0] = context.integer(index++);
    const Value tuple = context.tuple(pair);
    if (tuple.is_failed() || !context.goes_on(list->length) || !context.append(*list, tuple))
      return Value::failed();
  }
  return Value::object(list);
}

Value fn_zip(Context& context, const Args& args) {
  if (!args.no_keywords(context)) return Value::failed();
  const std::size_t columns = args.positional.size();
  if (!context.charge(columns)) return Value::failed();
  std::vector<Iterator> iterators(columns);
  std::size_t rows = columns == 0 ? 0 : static_cast<std::size_t>(-1);
  for (std::size_t i = 0; i < columns; ++i) {
    const Value x = args.positional[i];
    if (!is_iterable(x)) {
      return context.fail("zip: argument #" + std::to_string(i + 1) +
                          " is not iterable: " + std::string(type_name(x)));
    }
    if (!iterators[i].start(context, x, "zip")) return Value::failed();
    rows = std::min(rows, iterators[i].remaining());
  }
  const std::size_t bytes_each = sizeof(Value) + sizeof(Tuple) + columns * sizeof(Value);
  if (!context.charge(rows * (columns + 1)) || !context.reserve(rows * bytes_each))
    return Value::failed();
  List* list = context.list(rows);
  if (list == nullptr) return Value::failed();
  for (std::size_t row = 0; row < rows; ++row) {
    Tuple* tuple = context.tuple(columns);
    if (tuple == nullptr || !context.goes_on(row)) return Value::failed();
    for (std::size_t i = 0; i < columns; ++i) {
      if (!iterators[i].next(context, tuple->items()[i])) return Value::object(list);
    }
    if (!context.append(*list, Value::object(tuple))) return Value::failed();
  }
  return Value::object(list);
}

Value fn_reversed(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  List* list = to_list(context, x, "reversed");
  if (list == nullptr) return Value::failed();
  std::ranges::reverse(list->values());
  return Value::object(list);
}

Value fn_all(Context& context, const Args& args) {
  bool found_false = false;
  if (!truth_of_any(context, args, false, found_false)) return Value::failed();
  return Value::boolean(!found_false);
}

Value fn_any(Context& context, const Args& args) {
  bool found_true = false;
  if (!truth_of_any(context, args, true, found_true)) return Value::failed();
  return Value::boolean(found_true);
}

Value fn_bytes(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  if (is_bytes(x)) return x;
  if (is_string(x)) {
    return context.strict() ? context.bytes(with_replacements(text_of(x)))
                            : context.bytes(text_of(x));
  }
  Iterator elements;
  if (!is_iterable(x)) {
    return context.fail("bytes: got " + std::string(type_name(x)) +
                        ", want string, bytes, or iterable of ints");
  }
  if (!elements.start(context, x, "bytes") || !context.charge(elements.remaining())) {
    return Value::failed();
  }
  StringBuilder out(context);
  if (!out.reserve(elements.remaining())) return Value::failed();
  Value element;
  for (std::size_t i = 0; elements.next(context, element); ++i) {
    if (!element.is_small_int() || element.as_small_int() < 0 || element.as_small_int() > 255) {
      const std::string what =
          is_int(element)
              ? short_repr(context, element) + " out of range (want value in unsigned 8-bit range)"
              : "got " + std::string(type_name(element)) + ", want int";
      return context.fail("bytes: at index " + std::to_string(i) + ", " + what);
    }
    if (!out.append(static_cast<char>(element.as_small_int()))) return Value::failed();
  }
  return out.finish_bytes();
}

}  // namespace larkspur::starlark::lib
