#include "starlark/lib/sort.h"

#include <algorithm>
#include <bit>

#include "starlark/lib/merge_sort.h"
#include "starlark/vm/operations.h"

namespace larkspur::starlark::lib {
namespace {

struct Pair {
  Value key;
  Value item;
};

// Words that order as texts of at most eight bytes do; what is shorter ends with zeros.
std::uint64_t head_of(Value text) {
  if (text.is_inline_string()) return __builtin_bswap64(text.bits() >> 8);
  return __builtin_bswap64(word_at(object_cast<String>(text)->data()));
}

std::size_t number_of(const Pair& pair) {
  return static_cast<std::size_t>(pair.item.as_small_int());
}

// What the words of two values say of their order.
enum class Glance : std::uint8_t { kLess, kEqual, kGreater, kUnknown };

template <class T>
Glance glance_of(T a, T b) {
  return a < b ? Glance::kLess : b < a ? Glance::kGreater : Glance::kEqual;
}

Glance glance(Value a, Value b) {
  if (a.is_small_int() && b.is_small_int()) return glance_of(a.as_small_int(), b.as_small_int());
  if (a.is_small_float() && b.is_small_float())
    return glance_of(a.as_small_float(), b.as_small_float());
  if (!a.is_inline_string() || !b.is_inline_string()) return Glance::kUnknown;
  const Glance heads = glance_of(head_of(a), head_of(b));
  return heads == Glance::kEqual && !a.same(b) ? Glance::kUnknown : heads;
}

// Of tuples, the first elements that differ, if they are among the first few.
Glance glance_into(Value a, Value b) {
  constexpr std::size_t kFew = 4;
  if (!is_tuple(a) || !is_tuple(b)) return glance(a, b);
  const std::span<const Value> left = as_tuple(a)->values(), right = as_tuple(b)->values();
  const std::size_t few = std::min({left.size(), right.size(), kFew});
  for (std::size_t i = 0; i < few; ++i) {
    const Glance elements = glance(left[i], right[i]);
    if (elements != Glance::kEqual) return elements;
  }
  return Glance::kUnknown;
}

bool sort_pairs(Context& context, std::span<Pair> pairs, std::span<Pair> scratch) {
  if (std::ranges::all_of(pairs, [](const Pair& p) { return p.key.is_small_int(); })) {
    return merge_sort(context, pairs, scratch, [](const Pair& a, const Pair& b, bool& result) {
      result = a.key.as_small_int() < b.key.as_small_int();
      return true;
    });
  }
  return merge_sort(context, pairs, scratch,
                    [&context](const Pair& a, const Pair& b, bool& result) {
                      const Glance words = glance_into(a.key, b.key);
                      result = words == Glance::kLess;
                      if (words != Glance::kUnknown) return true;
                      Order order;
                      // b is the earlier one in the list: it stands on the left in "int < NoneType
                      // not implemented".
                      if (!compare(context, b.key, a.key, order)) return false;
                      result = order == Order::kGreater;
                      return true;
                    });
}

// Of keys that are strings. The pairs hold their heads (as bare words) and their numbers: most
// texts differ in their first eight bytes, and are not looked at then.
bool sort_heads(Context& context, std::span<Pair> pairs, std::span<Pair> scratch,
                std::span<const Value> keys) {
  return merge_sort(context, pairs, scratch,
                    [&context, keys](const Pair& a, const Pair& b, bool& result) {
                      result = a.key.bits() < b.key.bits();
                      if (!a.key.same(b.key)) return true;
                      const Value& left = keys[number_of(a)];
                      const Value& right = keys[number_of(b)];
                      const std::string_view x = text_of(left), y = text_of(right);
                      result = x < y;
                      return context.charge_bytes(std::min(x.size(), y.size()));
                    });
}

// In the words of starlark-go, which tells the last failure of an insertion sort.
bool fail_as_starlark_go(Context& context, std::span<const Value> keys) {
  context.take_error();
  Order order;
  for (std::size_t i = keys.size(); --i > 0;) {
    if (!compare(context, keys[i], keys[i - 1], order)) return false;
  }
  return compare(context, keys.front(), keys.back(), order) && false;
}

}  // namespace

bool sort_by_keys(Context& context, std::span<Value> items, std::span<Value> keys, bool reverse) {
  const std::size_t n = items.size();
  if (n < 2) return true;
  if (!context.charge(n * static_cast<std::size_t>(std::bit_width(n)))) return false;
  std::size_t bytes = 2 * n * sizeof(Pair);
  if (!context.reserve(bytes)) return false;
  auto* block = static_cast<Pair*>(context.heap().allocate_block(bytes));
  if (block == nullptr) return context.reserve(~std::size_t{0});  // records the error
  const std::span<Pair> pairs(block, n), scratch(block + n, n);
  // Descending is ascending from the other end, and back: stable in both.
  const auto place = [n, reverse](std::size_t i) { return reverse ? n - 1 - i : i; };
  bool fine = false;
  if (std::ranges::all_of(keys, is_string)) {
    for (std::size_t i = 0; i < n; ++i) {
      pairs[place(i)] = {Value::from_bits(head_of(keys[i])),
                         Value::small_int(static_cast<std::int64_t>(i))};
    }
    fine = sort_heads(context, pairs, scratch, keys);
    for (std::size_t i = 0; i < n; ++i) scratch[i] = {keys[i], items[i]};
    for (Pair& pair : pairs) pair = scratch[number_of(pair)];
  } else {
    for (std::size_t i = 0; i < n; ++i) pairs[place(i)] = {keys[i], items[i]};
    fine = sort_pairs(context, pairs, scratch);
  }
  for (std::size_t i = 0; i < n; ++i) {
    keys[i] = pairs[place(i)].key;
    items[i] = pairs[place(i)].item;
  }
  context.heap().free_block(block, bytes);
  if (!fine && context.strict() && context.failed_by_script())
    return fail_as_starlark_go(context, keys);
  return fine;
}

}  // namespace larkspur::starlark::lib
