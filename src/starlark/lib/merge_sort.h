// A merge sort of our own: std::stable_sort takes memory that no script's budget knows of, and
// relies on a comparison that never gives up half-way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "starlark/vm/context.h"

namespace larkspur::starlark::lib {

// Stable. Less: bool(const Element& a, const Element& b, bool& result), false to give up: the
// elements are then all there, in some order. REQUIRES: as many in `scratch` as in `elements`; the
// work was charged.
template <class Element, class Less>
class MergeSort {
 public:
  MergeSort(Context& context, std::span<Element> elements, std::span<Element> scratch, Less less)
      : context_(context), elements_(elements), scratch_(scratch), less_(less) {}

  bool run() {
    const std::size_t n = elements_.size();
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
  static constexpr std::size_t kInsertionRun = 12;
  static constexpr std::size_t kUnwatched = 1024;  // elements

  bool insertion_sort(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin + 1; i < end; ++i) {
      const Element moving = elements_[i];
      std::size_t place = i;
      for (; place > begin; --place) {
        bool smaller = false;
        if (!less_(moving, elements_[place - 1], smaller)) {
          elements_[place] = moving;
          return false;
        }
        if (!smaller) break;
        elements_[place] = elements_[place - 1];
      }
      elements_[place] = moving;
    }
    return true;
  }

  // Runs that already follow each other cost one comparison. On failure nothing is lost: what was
  // not merged yet is copied as it stands.
  bool merge(std::size_t begin, std::size_t middle, std::size_t end) {
    // The work was charged at once; here it can be stopped.
    if (end - begin > kUnwatched && !context_.charge(0)) return false;
    bool out_of_order = false;
    if (!less_(elements_[middle], elements_[middle - 1], out_of_order)) return false;
    if (!out_of_order) return true;
    Element* out = elements_.data() + begin;
    const Element* right = elements_.data() + middle;
    const Element* const right_end = elements_.data() + end;
    const Element* left = scratch_.data();
    const Element* const left_end = std::copy(out, elements_.data() + middle, scratch_.data());
    bool fine = true;
    while (left != left_end && right != right_end) {
      bool take_right = false;
      fine = less_(*right, *left, take_right);
      if (!fine) break;
      // No branch: which side is next cannot be foreseen.
      *out++ = *(take_right ? right : left);
      right += take_right ? 1 : 0;
      left += take_right ? 0 : 1;
    }
    std::copy(left, left_end, out);
    return fine;
  }

  Context& context_;
  std::span<Element> elements_;
  std::span<Element> scratch_;
  Less less_;
};

template <class Element, class Less>
bool merge_sort(Context& context, std::span<Element> elements, std::span<Element> scratch,
                Less less) {
  return MergeSort<Element, Less>(context, elements, scratch, less).run();
}

}  // namespace larkspur::starlark::lib
