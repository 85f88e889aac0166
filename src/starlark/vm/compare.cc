// Truth, equality and order. Nested values are walked to a fixed depth, and every pair that is
// visited is charged: x = [x, x] thirty times over is 2^30 nodes to a walker.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "starlark/vm/integers.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

constexpr int kMaxDepth = 200;

Order order_of(int sign) {
  return sign < 0 ? Order::kLess : sign > 0 ? Order::kGreater : Order::kEqual;
}

template <class T>
Order order_of(T a, T b) {
  return a < b ? Order::kLess : b < a ? Order::kGreater : Order::kEqual;
}

// NaN equals itself and lies above everything, so that sorting is well defined.
Order compare_floats(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return order_of(std::isnan(a), std::isnan(b));
  return order_of(a, b);
}

Order compare_int_float(Value i, double d) {
  if (std::isnan(d)) return Order::kLess;
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (i.is_small_int() && i.as_small_int() >= -kExact && i.as_small_int() <= kExact) {
    return order_of(static_cast<double>(i.as_small_int()), d);
  }
  return order_of(bigint::compare(IntView(i).number(), d));
}

bool is_number(Value v) {
  return is_int(v) || is_float(v);
}

bool too_deep(Context& context) {
  context.fail("comparison exceeded maximum recursion depth",
               fmt::format("values nested more than {} deep do not compare", kMaxDepth));
  return false;
}

bool equal_values(Context& context, Value a, Value b, bool& result, int depth);

bool equal_items(Context& context, std::span<const Value> a, std::span<const Value> b, bool& result,
                 int depth) {
  result = a.size() == b.size();
  for (std::size_t i = 0; result && i < a.size(); ++i) {
    if (!equal_values(context, a[i], b[i], result, depth + 1)) return false;
  }
  return true;
}

bool equal_tables(Context& context, const Table& a, const Table& b, bool& result, int depth) {
  result = a.length == b.length;
  std::uint32_t position = 0;
  while (const Entry* entry = result ? table_next(a, position) : nullptr) {
    Value other = table_find(context, b, entry->key);
    if (other.is_failed()) return false;
    if (other.is_missing()) {
      result = false;
    } else if (!equal_values(context, entry->value, other, result, depth + 1)) {
      return false;
    }
  }
  return true;
}

bool equal_ranges(const Range& a, const Range& b) {
  if (a.count != b.count) return false;
  if (a.count == 0) return true;
  return a.start == b.start && (a.count == 1 || a.step == b.step);
}

bool equal_values(Context& context, Value a, Value b, bool& result, int depth) {
  result = a.same(b);
  // starlark-go looks into what is one and the same list, too: a cyclic one has no end.
  if (result && !(context.strict() && (is_list(a) || is_dict(a) || is_tuple(a))))
    return context.charge(1);
  // Neither inline strings nor the other immediates equal anything but themselves; ints and floats
  // mix.
  if (is_number(a) && is_number(b)) {
    result = compare_numbers(a, b) == Order::kEqual;
    return context.charge(1);
  }
  Type type = type_of(a);
  if (!a.is_object() || !b.is_object() || type != type_of(b)) return context.charge(1);
  if (depth >= kMaxDepth) return too_deep(context);
  if (!context.charge(1)) return false;
  switch (type) {
    case Type::kString: {
      std::string_view left = object_cast<String>(a)->view();
      std::string_view right = object_cast<String>(b)->view();
      if (left.size() == right.size() && !context.charge_bytes(left.size())) return false;
      result = left == right;
      return true;
    }
    case Type::kBytes:
      if (!context.charge_bytes(as_bytes(a)->length)) return false;
      result = as_bytes(a)->view() == as_bytes(b)->view();
      return true;
    case Type::kList:
      return equal_items(context, as_list(a)->values(), as_list(b)->values(), result, depth);
    case Type::kTuple:
      return equal_items(context, as_tuple(a)->values(), as_tuple(b)->values(), result, depth);
    case Type::kDict:
    case Type::kSet:
    case Type::kStruct:
      if (type == Type::kStruct &&
          !object_cast<Struct>(a)->constructor.same(object_cast<Struct>(b)->constructor)) {
        return true;
      }
      return equal_tables(context, *object_cast<Table>(a), *object_cast<Table>(b), result, depth);
    case Type::kForeign:
      if (object_cast<Foreign>(a)->foreign != object_cast<Foreign>(b)->foreign) return true;
      if (object_cast<Foreign>(a)->foreign->identity == 0) return true;
      return equal_items(context, object_cast<Foreign>(a)->identity(),
                         object_cast<Foreign>(b)->identity(), result, depth);
    case Type::kRange:
      result = equal_ranges(*as_range(a), *as_range(b));
      return true;
    default:
      return true;  // functions and modules are equal to themselves only
  }
}

bool compare_values(Context& context, Value a, Value b, Order& result, std::string_view symbol,
                    int depth);

bool compare_items(Context& context, std::span<const Value> a, std::span<const Value> b,
                   Order& result, std::string_view symbol, int depth) {
  std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    bool same = false;
    if (!equal_values(context, a[i], b[i], same, depth + 1)) return false;
    if (!same) return compare_values(context, a[i], b[i], result, symbol, depth + 1);
  }
  result = order_of(a.size(), b.size());
  return true;
}

bool compare_values(Context& context, Value a, Value b, Order& result, std::string_view symbol,
                    int depth) {
  if (!context.charge(1)) return false;
  if (is_number(a) && is_number(b)) {
    result = compare_numbers(a, b);
    return true;
  }
  if (depth >= kMaxDepth) return too_deep(context);
  Type type = type_of(a);
  if (type == type_of(b)) {
    switch (type) {
      case Type::kString: {
        std::string_view left = text_of(a);
        std::string_view right = text_of(b);
        if (!context.charge_bytes(std::min(left.size(), right.size()))) return false;
        result = order_of(left.compare(right));  // bytes of UTF-8 order as code points do
        return true;
      }
      case Type::kBytes:
        if (!context.charge_bytes(as_bytes(a)->length)) return false;
        result = order_of(as_bytes(a)->view().compare(as_bytes(b)->view()));
        return true;
      case Type::kBool:
        result = order_of(a.as_bool(), b.as_bool());
        return true;
      case Type::kList:
        return compare_items(context, as_list(a)->values(), as_list(b)->values(), result, symbol,
                             depth);
      case Type::kTuple:
        return compare_items(context, as_tuple(a)->values(), as_tuple(b)->values(), result, symbol,
                             depth);
      case Type::kForeign:
        if (object_cast<Foreign>(a)->foreign != object_cast<Foreign>(b)->foreign ||
            !object_cast<Foreign>(a)->foreign->ordered) {
          break;
        }
        return compare_items(context, object_cast<Foreign>(a)->identity(),
                             object_cast<Foreign>(b)->identity(), result, symbol, depth);
      default:
        break;
    }
  }
  context.fail(fmt::format("{} {} {} not implemented", type_name(a), symbol, type_name(b)));
  return false;
}

bool is_subset(Context& context, const Table& a, const Table& b, bool& result) {
  result = a.length <= b.length;
  std::uint32_t position = 0;
  while (const Entry* entry = result ? table_next(a, position) : nullptr) {
    if (!context.charge(1)) return false;
    Value found = table_find(context, b, entry->key);
    if (found.is_failed()) return false;
    result = !found.is_missing();
  }
  return true;
}

bool compare_sets(Context& context, CompareOp op, const Set& a, const Set& b, bool& result) {
  switch (op) {
    case CompareOp::kLess:
      return is_subset(context, a, b, result) && (result = result && a.length < b.length, true);
    case CompareOp::kLessEqual:
      return is_subset(context, a, b, result);
    case CompareOp::kGreater:
      return is_subset(context, b, a, result) && (result = result && b.length < a.length, true);
    case CompareOp::kGreaterEqual:
      return is_subset(context, b, a, result);
  }
  return false;
}

std::string_view symbol_of(CompareOp op) {
  static constexpr std::string_view kSymbols[] = {"<", "<=", ">", ">="};
  return kSymbols[static_cast<std::size_t>(op)];
}

}  // namespace

bool truth(Value value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_small_int()) return value.as_small_int() != 0;
  if (value.is_inline_string()) return value.inline_size() != 0;
  if (value.is_small_float() || value.is_host_function()) return true;
  if (!value.is_object()) return false;
  switch (type_of(value)) {
    case Type::kFloat:
      return object_cast<Float>(value)->value != 0;
    case Type::kRange:
      return as_range(value)->count != 0;
    case Type::kBytes:
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kSet:
      return value.as_object()->length != 0;
    case Type::kForeign: {
      const ForeignType& type = *object_cast<Foreign>(value)->foreign;
      return type.truth == nullptr || type.truth(value);
    }
    default:
      return true;
  }
}

Order compare_numbers(Value a, Value b) {
  if (a.is_small_int() && b.is_small_int()) return order_of(a.as_small_int(), b.as_small_int());
  if (is_float(a) && is_float(b)) return compare_floats(as_float(a), as_float(b));
  if (is_float(b)) return compare_int_float(a, as_float(b));
  if (is_float(a)) return order_of(-static_cast<int>(compare_int_float(b, as_float(a))));
  return order_of(bigint::compare(IntView(a).number(), IntView(b).number()));
}

bool equal(Context& context, Value a, Value b, bool& result) {
  return equal_values(context, a, b, result, 0);
}

bool compare(Context& context, Value a, Value b, Order& result, std::string_view symbol) {
  return compare_values(context, a, b, result, symbol, 0);
}

bool compares(Context& context, CompareOp op, Value a, Value b, bool& result) {
  if (is_set(a) && is_set(b)) return compare_sets(context, op, *as_set(a), *as_set(b), result);
  Order order;
  if (!compare_values(context, a, b, order, symbol_of(op), 0)) return false;
  switch (op) {
    case CompareOp::kLess:
      result = order == Order::kLess;
      break;
    case CompareOp::kLessEqual:
      result = order != Order::kGreater;
      break;
    case CompareOp::kGreater:
      result = order == Order::kGreater;
      break;
    case CompareOp::kGreaterEqual:
      result = order != Order::kLess;
      break;
  }
  return true;
}

}  // namespace larkspur::starlark
