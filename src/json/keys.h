// Finding a duplicate among the keys of one object. Internal to json/.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

namespace larkspur::json::internal {

inline constexpr std::string_view kDuplicateKey = "this key occurs twice in its object";

// The index of the first key that equals an earlier one. key_of(i), for i below `count`, gives
// string_views. Few keys are compared pair by pair; many are sorted, so that no object costs more
// than n log n.
template <class KeyOf>
std::optional<std::size_t> find_duplicate(std::size_t count, const KeyOf& key_of) {
  constexpr std::size_t kFew = 16;
  if (count <= kFew) {
    for (std::size_t i = 1; i < count; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (key_of(i) == key_of(j)) return i;
      }
    }
    return std::nullopt;
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const int sign = key_of(a).compare(key_of(b));
    return sign != 0 ? sign < 0 : a < b;
  });
  std::optional<std::size_t> first;
  for (std::size_t i = 1; i < count; ++i) {
    if (key_of(order[i]) != key_of(order[i - 1])) continue;
    if (!first || order[i] < *first) first = order[i];
  }
  return first;
}

}  // namespace larkspur::json::internal
