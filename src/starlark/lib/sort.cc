// A merge sort of our own: std::stable_sort takes memory that no script's budget knows of, and
// relies on a comparison that never gives up half-way.
#include "starlark/lib/sort.h"

#include <algorithm>
#include <bit>

#include "starlark/vm/operations.h"

namespace larkspur::starlark::lib {
namespace {

struct Pair {
  Value key;
  Value item;
};

constexpr std::size_t kInsertionRun = 12;
constexpr std::size_t kUnwatchedPairs = 1024;

bool less_int(Value a, Value b, bool& result) {
  result = a.as_small_int() < b.as_small_int();
  return true;
}

// Merges of sorted runs. Less: bool(Value a, Value b, bool& result), false to give up.
template <class Less>
class MergeSort {
 public:
  MergeSort(Context& context, std::span<Pair> pairs, std::span<Pair> scratch, Less less)
      : context_(context), pairs_(pairs), scratch_(scratch), less_(less) {}

  bool run() {
    const std::size_t n = pairs_.size();
    for (std::size_t begin = 0; begin < n; begin += kInsertionRun) {
      if (!insertion_sort(begin, std::min(begin + kInsertionRun, n))) return false;
    }
    for (std::size_t width = kInsertionRun; width < n; width *= 2) {
      for (std::size_t begin = 0; begin + width < n; begin += 2 * width) {
        if (!merge(begin, begin + width, std::min(begin + 2 * width, n))) return false;
      }
    }
    return true;
  }

 private:
  bool insertion_sort(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin + 1; i < end; ++i) {
      const Pair moving = pairs_[i];
      std::size_t place = i;
      for (; place > begin; --place) {
        bool smaller = false;
        if (!less_(moving.key, pairs_[place - 1].key, smaller)) {
          pairs_[place] = moving;
          return false;
        }
        if (!smaller) break;
        pairs_[place] = pairs_[place - 1];
      }
      pairs_[place] = moving;
    }
    return true;
  }

  // Runs that already follow each other cost one comparison. On failure nothing is lost: what was
  // not merged yet is copied as it stands.
  bool merge(std::size_t begin, std::size_t middle, std::size_t end) {
    // The work was charged at once; here it can be stopped.
    if (end - begin > kUnwatchedPairs && !context_.charge(0)) return false;
    bool out_of_order = false;
    if (!less_(pairs_[middle].key, pairs_[middle - 1].key, out_of_order)) return false;
    if (!out_of_order) return true;
    std::copy(pairs_.begin() + offset(begin), pairs_.begin() + offset(middle), scratch_.begin());
    std::size_t left = 0, right = middle, out = begin;
    const std::size_t left_end = middle - begin;
    bool fine = true;
    while (fine && left < left_end && right < end) {
      bool take_right = false;
      fine = less_(pairs_[right].key, scratch_[left].key, take_right);
      if (fine) pairs_[out++] = take_right ? pairs_[right++] : scratch_[left++];
    }
    std::copy(scratch_.begin() + offset(left), scratch_.begin() + offset(left_end),
              pairs_.begin() + offset(out));
    return fine;
  }

  static std::ptrdiff_t offset(std::size_t i) { return static_cast<std::ptrdiff_t>(i); }

  Context& context_;
  std::span<Pair> pairs_;
  std::span<Pair> scratch_;
  Less less_;
};

template <class Less>
bool merge_sort(Context& context, std::span<Pair> pairs, std::span<Pair> scratch, Less less) {
  return MergeSort<Less>(context, pairs, scratch, less).run();
}

bool sort_pairs(Context& context, std::span<Pair> pairs, std::span<Pair> scratch) {
  const auto has_key = [](bool (*is)(Value)) { return [is](const Pair& p) { return is(p.key); }; };
  if (std::ranges::all_of(pairs, [](const Pair& p) { return p.key.is_small_int(); })) {
    return merge_sort(context, pairs, scratch, less_int);
  }
  if (std::ranges::all_of(pairs, has_key(is_string))) {
    return merge_sort(context, pairs, scratch,
                      [&context](const Value& a, const Value& b, bool& result) {
                        const std::string_view x = text_of(a), y = text_of(b);
                        result = x < y;
                        return context.charge_bytes(std::min(x.size(), y.size()));
                      });
  }
  return merge_sort(context, pairs, scratch, [&context](Value a, Value b, bool& result) {
    Order order;
    // b is the earlier one in the list: it stands on the left in "int < NoneType not implemented".
    if (!compare(context, b, a, order)) return false;
    result = order == Order::kGreater;
    return true;
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
  for (std::size_t i = 0; i < n; ++i) pairs[place(i)] = {keys[i], items[i]};
  const bool fine = sort_pairs(context, pairs, scratch);
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
