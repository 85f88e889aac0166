// x[i], x[a:b:c], and their assignment.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/text.h"
#include "starlark/vm/diagnose.h"
#include "starlark/vm/integers.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

constexpr std::size_t kMaxListedKeys = 10;

// An index from the script as a position below `length`; negative ones count from the end.
bool position_of(Context& context, Value container, Value key, std::int64_t length,
                 std::int64_t& result) {
  if (!is_int(key)) {
    context.fail(fmt::format("{} index: got {}, want int", type_name(container), type_name(key)));
    return false;
  }
  std::int64_t index;
  if (!to_index(context, key, index, "index")) return false;
  std::int64_t position = index < 0 ? index + length : index;
  if (position < 0 || position >= length) {
    context.fail(length == 0
                     ? fmt::format("index {} out of range: empty {}", index, type_name(container))
                     : fmt::format("{} index {} out of range [{}:{}]", type_name(container), index,
                                   -length, length - 1));
    return false;
  }
  result = position;
  return true;
}

Value character_at(Context& context, Value string, std::int64_t position) {
  std::string_view text = text_of(string);
  std::size_t begin = static_cast<std::size_t>(position);
  if (!elements_are_bytes(context, string)) {
    if (!context.charge_bytes(text.size())) return Value::failed();
    begin = byte_offset(context, string, begin);
  }
  return Value::inline_string(text.substr(begin, element_size(context, text, begin)));
}

Value no_such_key(Context& context, const Dict& dict, Value key) {
  std::vector<std::string_view> names;
  std::string listed;
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(dict, position)) {
    if (!is_string(entry->key)) continue;
    names.push_back(text_of(entry->key));
    if (names.size() > kMaxListedKeys * 10) break;
  }
  std::string hint = is_string(key) ? did_you_mean(text_of(key), names) : "";
  if (!names.empty()) {
    for (std::size_t i = 0; i < std::min(names.size(), kMaxListedKeys); ++i) {
      listed += (i == 0 ? "" : ", ") + printable(truncate_utf8(names[i], 40));
    }
    hint = fmt::format("{}the keys are: {}{}{}", hint.empty() ? "" : hint + " ", listed,
                       names.size() > kMaxListedKeys ? ", ..." : "",
                       hint.empty() ? "; use d.get(key) where one may be missing" : "");
  }
  std::string shown = short_repr(context, key);
  if (context.has_failed()) return Value::failed();
  return context.fail(fmt::format("key {} not in dict", shown), hint, "key not in dict");
}

bool unsupported_index(Context& context, Value container, Value key) {
  std::string hint = container.is_none() ? "the value is None: did a call return nothing?" : "";
  context.fail(
      fmt::format("unhandled index operation {}[{}]", type_name(container), type_name(key)),
      std::move(hint));
  return false;
}

// The bounds of a slice in a sequence of `length`, as in Python.
struct SliceBounds {
  std::int64_t start;
  std::int64_t step;
  std::int64_t count;
};

bool given(Value bound) {
  return !bound.is_none() && !bound.is_missing();
}

bool slice_bounds(Context& context, std::int64_t length, Value start, Value stop, Value step,
                  SliceBounds& out) {
  std::int64_t stride = 1;
  if (given(step) && !to_index(context, step, stride, "slice step")) return false;
  if (stride == 0) {
    context.fail("zero is not a valid slice step");
    return false;
  }
  std::int64_t low = stride > 0 ? 0 : -1;
  std::int64_t high = stride > 0 ? length : length - 1;
  auto bound = [&](Value value, std::int64_t fallback, std::string_view what,
                   std::int64_t& result) {
    result = fallback;
    if (!given(value)) return true;
    if (!to_index(context, value, result, what)) return false;
    if (result < 0) result += length;
    result = std::clamp(result, low, high);
    return true;
  };
  std::int64_t begin;
  std::int64_t end;
  if (!bound(start, stride > 0 ? low : high, "start index", begin) ||
      !bound(stop, stride > 0 ? high : low, "end index", end)) {
    return false;
  }
  std::int64_t distance = stride > 0 ? end - begin : begin - end;
  // Only -2^63 has no absolute value; no sequence is that long, so the step takes one element.
  std::int64_t pace = stride > 0 ? stride
                      : stride == std::numeric_limits<std::int64_t>::min()
                          ? std::numeric_limits<std::int64_t>::max()
                          : -stride;
  out = {.start = begin, .step = stride, .count = distance <= 0 ? 0 : (distance - 1) / pace + 1};
  return true;
}

Value slice_string(Context& context, Value string, SliceBounds bounds) {
  if (bounds.count == 0) return Value::inline_string("");
  std::string_view text = text_of(string);
  if (!elements_are_bytes(context, string) && !context.charge_bytes(text.size()))
    return Value::failed();
  if (bounds.step == 1) {
    std::size_t begin = byte_offset(context, string, static_cast<std::size_t>(bounds.start));
    std::size_t end =
        byte_offset(context, string, static_cast<std::size_t>(bounds.start + bounds.count));
    return context.substring(string, begin, end - begin);
  }
  // Offsets of all characters, so that a stride costs no scan each time.
  std::size_t length = element_count(context, string);
  if (!context.charge(length) || !context.reserve(length * sizeof(std::uint32_t)))
    return Value::failed();
  std::vector<std::uint32_t> offsets;
  if (!elements_are_bytes(context, string)) {
    offsets.reserve(length);
    for (std::size_t i = 0; i < text.size(); i += sequence_length(text[i])) {
      if (!context.goes_on(offsets.size())) return Value::failed();
      offsets.push_back(static_cast<std::uint32_t>(i));
    }
  }
  StringBuilder out(context);
  for (std::int64_t i = 0, at = bounds.start; i < bounds.count; ++i, at += bounds.step) {
    auto number = static_cast<std::size_t>(at);
    std::size_t offset = offsets.empty() ? number : offsets[number];
    if (!out.append(text.substr(offset, element_size(context, text, offset))))
      return Value::failed();
  }
  return out.finish();
}

Value slice_bytes(Context& context, std::string_view data, SliceBounds bounds) {
  if (!context.charge(static_cast<std::uint64_t>(bounds.count) / 16)) return Value::failed();
  StringBuilder out(context);
  for (std::int64_t i = 0, at = bounds.start; i < bounds.count; ++i, at += bounds.step) {
    if (!out.append(data[static_cast<std::size_t>(at)])) return Value::failed();
  }
  return out.finish_bytes();
}

Value slice_items(Context& context, Type type, std::span<const Value> items, SliceBounds bounds) {
  auto count = static_cast<std::size_t>(bounds.count);
  if (!context.charge(count / 4) || !context.reserve(count * sizeof(Value))) return Value::failed();
  Value* out = nullptr;
  Value result;
  if (type == Type::kList) {
    List* list = context.list(count);
    if (list == nullptr) return Value::failed();
    list->length = static_cast<std::uint32_t>(count);
    out = list->items;
    result = Value::object(list);
  } else {
    Tuple* tuple = context.tuple(count);
    if (tuple == nullptr) return Value::failed();
    out = tuple->items();
    result = Value::object(tuple);
  }
  std::int64_t at = bounds.start;
  for (std::size_t i = 0; i < count; ++i, at += bounds.step)
    out[i] = items[static_cast<std::size_t>(at)];
  return result;
}

Value slice_range(Context& context, const Range& range, SliceBounds bounds) {
  std::int64_t step;
  std::int64_t start;
  std::int64_t stop;
  if (bounds.count == 0) return context.range(0, 0, 1);
  if (__builtin_mul_overflow(range.step, bounds.step, &step) ||
      __builtin_mul_overflow(range.step, bounds.start, &start) ||
      __builtin_add_overflow(range.start, start, &start) ||
      __builtin_mul_overflow(step, bounds.count, &stop) ||
      __builtin_add_overflow(start, stop, &stop)) {
    return context.fail("slice of a range: integer too large");
  }
  return context.range(start, stop, step);
}

}  // namespace

bool to_index(Context& context, Value value, std::int64_t& result, std::string_view what) {
  if (value.is_small_int()) {
    result = value.as_small_int();
    return true;
  }
  if (!is_int(value)) {
    context.fail(fmt::format("invalid {}: got {}, want int", what, type_name(value)));
    return false;
  }
  result = as_big_int(value)->negative() ? Value::kMinSmallInt : Value::kMaxSmallInt;
  return true;
}

Value get_item(Context& context, Value container, Value key) {
  std::int64_t i;
  switch (type_of(container)) {
    case Type::kList: {
      List* list = as_list(container);
      return position_of(context, container, key, list->length, i) ? list->items[i]
                                                                   : Value::failed();
    }
    case Type::kTuple: {
      Tuple* tuple = as_tuple(container);
      return position_of(context, container, key, tuple->length, i) ? tuple->items()[i]
                                                                    : Value::failed();
    }
    case Type::kDict: {
      Value found = table_find(context, *as_dict(container), key);
      return found.is_missing() ? no_such_key(context, *as_dict(container), key) : found;
    }
    case Type::kString:
      return position_of(context, container, key,
                         static_cast<std::int64_t>(element_count(context, container)), i)
                 ? character_at(context, container, i)
                 : Value::failed();
    case Type::kBytes: {
      Bytes* bytes = as_bytes(container);
      if (!position_of(context, container, key, bytes->length, i)) return Value::failed();
      if (context.strict())
        return context.bytes(bytes->view().substr(static_cast<std::size_t>(i), 1));
      return Value::small_int(static_cast<unsigned char>(bytes->bytes()[i]));
    }
    case Type::kForeign: {
      const ForeignType& type = *object_cast<Foreign>(container)->foreign;
      if (!type.indexed) break;
      const auto count = static_cast<std::int64_t>(type.count(container));
      if (!position_of(context, container, key, count, i)) return Value::failed();
      return type.element(container, i);
    }
    case Type::kRange: {
      const Range& range = *as_range(container);
      return position_of(context, container, key, range.count, i) ? range_at(context, range, i)
                                                                  : Value::failed();
    }
    default:
      break;
  }
  unsupported_index(context, container, key);
  return Value::failed();
}

bool set_item(Context& context, Value container, Value key, Value value) {
  switch (type_of(container)) {
    case Type::kList: {
      List* list = as_list(container);
      std::int64_t i;
      if (!position_of(context, container, key, list->length, i)) return false;
      if (list->has(Object::kFrozen) || list->iterations > 0) {
        if (!context.check_mutable(*list, "assign to element of")) return false;
      }
      list->items[i] = value;
      return true;
    }
    case Type::kDict:
      return table_set(context, *as_dict(container), key, value);
    default:
      context.fail(fmt::format("{} value does not support item assignment", type_name(container)));
      return false;
  }
}

bool delete_item(Context& context, Value container, Value key) {
  if (is_dict(container)) {
    Value removed = table_remove(context, *as_dict(container), key);
    if (removed.is_missing()) no_such_key(context, *as_dict(container), key);
    return !removed.is_missing() && !removed.is_failed();
  }
  if (is_list(container)) {
    List* list = as_list(container);
    std::int64_t i;
    if (!position_of(context, container, key, list->length, i)) return false;
    if (!context.check_mutable(*list, "delete from") || !context.charge(list->length / 16))
      return false;
    std::copy(list->items + i + 1, list->items + list->length, list->items + i);
    --list->length;
    return true;
  }
  context.fail(fmt::format("{} value does not support item deletion", type_name(container)));
  return false;
}

Value get_slice(Context& context, Value container, Value start, Value stop, Value step) {
  Type type = type_of(container);
  std::int64_t length = type == Type::kString
                            ? static_cast<std::int64_t>(element_count(context, container))
                            : length_of(container);
  if (length < 0 || type == Type::kDict || type == Type::kSet || type == Type::kForeign) {
    return context.fail(fmt::format("invalid slice operand {}", type_name(type)));
  }
  SliceBounds bounds;
  if (!slice_bounds(context, length, start, stop, step, bounds)) return Value::failed();
  switch (type) {
    case Type::kString:
      return slice_string(context, container, bounds);
    case Type::kBytes:
      return slice_bytes(context, as_bytes(container)->view(), bounds);
    case Type::kList:
      return slice_items(context, type, as_list(container)->values(), bounds);
    case Type::kTuple:
      return slice_items(context, type, as_tuple(container)->values(), bounds);
    default:
      return slice_range(context, *as_range(container), bounds);
  }
}

}  // namespace larkspur::starlark
