#include "starlark/vm/sequences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

struct NewSequence {
  Value value;   // failed where memory was refused
  Value* items;  // nullptr then, and where an empty list needs none
};

// A new list or tuple of `size` items for the caller to fill in before the next allocation.
NewSequence new_sequence(Context& context, Type type, std::size_t size) {
  if (type == Type::kList) {
    List* list = context.list(size);
    if (list == nullptr) return {Value::failed(), nullptr};
    list->length = static_cast<std::uint32_t>(size);
    return {Value::object(list), list->items};
  }
  Tuple* tuple = context.tuple(size);
  if (tuple == nullptr) return {Value::failed(), nullptr};
  return {Value::object(tuple), tuple->items()};
}

// A new list or tuple with the items of both; charged and reserved first.
Value concatenate(Context& context, Type type, std::span<const Value> a, std::span<const Value> b) {
  std::size_t size = a.size() + b.size();
  if (!context.charge(size / 4) || !context.reserve(size * sizeof(Value))) return Value::failed();
  auto [result, out] = new_sequence(context, type, size);
  if (out == nullptr) return result;
  std::copy(a.begin(), a.end(), out);
  std::copy(b.begin(), b.end(), out + a.size());
  return result;
}

// The size of `count` repetitions; false when it exceeds what the heap could ever hold.
bool repeated_size(Context& context, std::size_t size, std::int64_t count, std::size_t unit,
                   std::size_t& total) {
  if (count <= 0 || size == 0) {
    total = 0;
    return true;
  }
  if (context.strict() && count > std::numeric_limits<std::int32_t>::max()) {
    context.fail(fmt::format("repeat count {} too large", count));
    return false;
  }
  const bool overflow = __builtin_mul_overflow(size, static_cast<std::size_t>(count), &total);
  constexpr std::size_t kMostStrict = std::size_t{1} << 30;  // starlark-go's limit
  if (context.strict() && (overflow || total >= kMostStrict)) {
    context.fail(fmt::format("excessive repeat ({} * {} elements)", size, count));
    return false;
  }
  if (overflow || total > context.heap().limit_bytes() / unit) {
    context.fail(
        ErrorKind::kMemoryLimit, fmt::format("excessive repeat ({} * {} elements)", size, count),
        fmt::format("the script may use {} bytes of memory", context.limits().memory_bytes));
    return false;
  }
  return context.reserve(total * unit) && context.charge(total * unit / 64);
}

constexpr std::size_t kPieceBytes = 16u << 10;  // or items

Value repeat_text(Context& context, std::string_view text, std::int64_t count, bool bytes) {
  std::size_t size;
  if (!repeated_size(context, text.size(), count, 1, size)) return Value::failed();
  StringBuilder out(context);
  if (!out.reserve(size)) return Value::failed();
  if (size > 0 && text.size() == 1) {
    out.append_fill(text[0], size);
  } else {
    std::string piece;  // short texts are not copied one by one
    if (size > kPieceBytes && text.size() < kPieceBytes) {
      while (piece.size() < kPieceBytes) piece += text;
    }
    while (!piece.empty() && size - out.size() >= piece.size()) {
      if (!out.append(piece)) return Value::failed();
    }
    while (out.size() < size) {
      if (!out.append(text)) return Value::failed();
    }
  }
  return bytes ? out.finish_bytes() : out.finish();
}

Value repeat_items(Context& context, Type type, std::span<const Value> items, std::int64_t count) {
  std::size_t size;
  if (!repeated_size(context, items.size(), count, sizeof(Value), size)) return Value::failed();
  auto [result, out] = new_sequence(context, type, size);
  if (out == nullptr) return result;
  // Copies of what is there already, as long as that and no longer than a piece.
  std::size_t done = std::min(size, items.size());
  std::copy_n(items.begin(), done, out);
  while (done < size) {
    const std::size_t piece = std::max<std::size_t>(1, kPieceBytes / items.size()) * items.size();
    const std::size_t more = std::min({done, size - done, piece});
    std::copy_n(out, more, out + done);
    done += more;
    if (!context.charge(0)) return Value::failed();
  }
  return result;
}

Value repeat(Context& context, Value sequence, Value times) {
  // A count beyond 62 bits is excessive, or nothing.
  std::int64_t count = times.is_small_int()            ? times.as_small_int()
                       : as_big_int(times)->negative() ? 0
                                                       : Value::kMaxSmallInt;
  switch (type_of(sequence)) {
    case Type::kString:
      return repeat_text(context, text_of(sequence), count, false);
    case Type::kBytes:
      return repeat_text(context, as_bytes(sequence)->view(), count, true);
    case Type::kList:
      return repeat_items(context, Type::kList, as_list(sequence)->values(), count);
    case Type::kTuple:
      return repeat_items(context, Type::kTuple, as_tuple(sequence)->values(), count);
    default:
      return Value::missing();
  }
}

// The fields of both; where a name is in both, the one on the right.
Value add_structs(Context& context, const Struct& a, const Struct& b) {
  if (!a.constructor.same(b.constructor)) {
    const auto name = [&](const Struct& s) {
      return s.constructor.is_none() ? std::string("struct") : short_repr(context, s.constructor);
    };
    return context.fail(
        fmt::format("cannot add structs of different constructors: {} + {}", name(a), name(b)));
  }
  Struct* sum = context.structure(a.length, a.constructor);
  if (sum == nullptr) return Value::failed();
  for (const Struct* each : {&a, &b}) {
    std::uint32_t position = 0;
    while (const Entry* field = table_next(*each, position)) {
      if (!context.charge(1) || !table_set(context, *sum, field->key, field->value))
        return Value::failed();
    }
  }
  return Value::object(sum);
}

Value add(Context& context, Value a, Value b) {
  Type type = type_of(a);
  if (type != type_of(b)) return Value::missing();
  switch (type) {
    case Type::kString:
      return context.concat(a, b);
    case Type::kBytes: {
      StringBuilder out(context);
      if (!out.append(as_bytes(a)->view()) || !out.append(as_bytes(b)->view()))
        return Value::failed();
      return out.finish_bytes();
    }
    case Type::kList:
      return concatenate(context, type, as_list(a)->values(), as_list(b)->values());
    case Type::kTuple:
      return concatenate(context, type, as_tuple(a)->values(), as_tuple(b)->values());
    case Type::kStruct:
      return add_structs(context, *object_cast<Struct>(a), *object_cast<Struct>(b));
    default:
      return Value::missing();
  }
}

// Adds to `out` the entries of `from` that are (or are not) in `filter`.
bool add_entries(Context& context, Table& out, const Table& from, const Table* filter,
                 bool present) {
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(from, position)) {
    if (!context.charge(1)) return false;
    if (filter != nullptr) {
      Value found = table_find(context, *filter, entry->key);
      if (found.is_failed()) return false;
      if (found.is_missing() == present) continue;
    }
    if (!table_set(context, out, entry->key, entry->value)) return false;
  }
  return true;
}

Value merge_dicts(Context& context, const Dict& a, const Dict& b) {
  Dict* out = context.dict(a.length);
  bool ok = out != nullptr && add_entries(context, *out, a, nullptr, false) &&
            add_entries(context, *out, b, nullptr, false);
  return ok ? Value::object(out) : Value::failed();
}

Value combine_sets(Context& context, BinaryOp op, const Set& a, const Set& b) {
  Set* out = context.set();
  if (out == nullptr) return Value::failed();
  bool ok = false;
  switch (op) {
    case BinaryOp::kOr:
      ok = add_entries(context, *out, a, nullptr, false) &&
           add_entries(context, *out, b, nullptr, false);
      break;
    case BinaryOp::kAnd:
      ok = add_entries(context, *out, a, &b, true);
      break;
    case BinaryOp::kSub:
      ok = add_entries(context, *out, a, &b, false);
      break;
    case BinaryOp::kXor:
      ok = add_entries(context, *out, a, &b, false) && add_entries(context, *out, b, &a, false);
      break;
    default:
      return Value::missing();
  }
  return ok ? Value::object(out) : Value::failed();
}

// Is `item` a number without a fraction that fits 62 bits? A range holds no others.
bool whole_number(Value item, std::int64_t& number) {
  if (is_float(item)) {
    const double d = as_float(item);
    if (!(std::abs(d) < static_cast<double>(Value::kMaxSmallInt)) || d != std::trunc(d))
      return false;
    number = static_cast<std::int64_t>(d);
    return true;
  }
  if (!item.is_small_int()) return false;
  number = item.as_small_int();
  return true;
}

}  // namespace

Value container_operation(Context& context, BinaryOp op, Value a, Value b) {
  if (op == BinaryOp::kAdd) return add(context, a, b);
  if (op == BinaryOp::kMul) {
    if (is_int(b)) return repeat(context, a, b);
    if (is_int(a)) return repeat(context, b, a);
    return Value::missing();
  }
  if (op == BinaryOp::kOr && is_dict(a) && is_dict(b)) {
    return merge_dicts(context, *as_dict(a), *as_dict(b));
  }
  if (is_set(a) && is_set(b)) return combine_sets(context, op, *as_set(a), *as_set(b));
  return Value::missing();
}

Value container_operation_in_place(Context& context, BinaryOp op, Value a, Value b) {
  if (op == BinaryOp::kAdd && is_list(a) && is_iterable(b)) {
    List* list = as_list(a);
    if (!context.check_mutable(*list, "apply += to")) return Value::failed();
    Iterator items;
    if (!items.start(context, b)) return Value::failed();
    std::size_t count = items.remaining();  // x += x adds what x held at first
    if (count > context.heap().limit_bytes() / sizeof(Value))
      return context.out_of_memory(), Value::failed();
    if (!context.charge(count / 4 + 1)) return Value::failed();
    if (list->length + count > list->capacity &&
        !context.grow(*list, std::max<std::size_t>(list->length + count,
                                                   list->capacity + list->capacity / 2))) {
      return Value::failed();
    }
    Value item;
    for (; count > 0 && items.next(context, item); --count) list->items[list->length++] = item;
    return context.has_failed() ? Value::failed() : a;
  }
  if (op == BinaryOp::kOr && is_dict(a) && is_dict(b)) {
    if (a.same(b)) return a;
    return add_entries(context, *as_dict(a), *as_dict(b), nullptr, false) ? a : Value::failed();
  }
  return Value::missing();
}

bool contains(Context& context, Value container, Value item, bool& result) {
  switch (type_of(container)) {
    case Type::kString: {
      if (!is_string(item)) {
        context.fail(
            fmt::format("'in <string>' requires string as left operand, not {}", type_name(item)));
        return false;
      }
      if (!context.charge_bytes(text_of(container).size())) return false;
      result = text_of(container).find(text_of(item)) != std::string_view::npos;
      return true;
    }
    case Type::kBytes: {
      std::string_view data = as_bytes(container)->view();
      if (!context.charge_bytes(data.size())) return false;
      if (is_bytes(item)) {
        result = data.find(as_bytes(item)->view()) != std::string_view::npos;
        return true;
      }
      if (item.is_small_int() && item.as_small_int() >= 0 && item.as_small_int() < 256) {
        result = data.find(static_cast<char>(item.as_small_int())) != std::string_view::npos;
        return true;
      }
      if (is_int(item)) {
        context.fail(fmt::format("int in bytes: {} out of range", short_repr(context, item)));
        return false;
      }
      context.fail(
          fmt::format("'in bytes' requires bytes or int as left operand, not {}", type_name(item)));
      return false;
    }
    case Type::kList:
    case Type::kTuple: {
      auto items = is_list(container) ? std::span<const Value>(as_list(container)->values())
                                      : as_tuple(container)->values();
      result = false;
      for (std::size_t i = 0; i < items.size() && !result; ++i) {
        if (!equal(context, items[i], item, result)) return false;
      }
      return true;
    }
    case Type::kDict:
    case Type::kSet: {
      Value found = table_find(context, *object_cast<Table>(container), item);
      result = !found.is_missing();
      if (!found.is_failed()) return true;
      // starlark-go does not tell an unhashable key from one that is not in a dict.
      if (!context.strict() || !is_dict(container) || !context.failed_by_script()) return false;
      static_cast<void>(context.take_error());
      result = false;
      return true;
    }
    case Type::kRange: {
      const Range& range = *as_range(container);
      if (context.strict() && !is_int(item) && !is_float(item)) {
        context.fail(
            fmt::format("'in range' requires integer as left operand, not {}", type_name(item)));
        return false;
      }
      result = false;
      std::int64_t number;
      if (!whole_number(item, number) || range.count == 0) return true;
      std::int64_t distance;
      if (__builtin_sub_overflow(number, range.start, &distance)) return true;
      result = distance % range.step == 0 && distance / range.step >= 0 &&
               distance / range.step < range.count;
      return true;
    }
    default:
      context.fail(
          fmt::format("unknown binary op: {} in {}", type_name(item), type_name(container)));
      return false;
  }
}

}  // namespace larkspur::starlark
