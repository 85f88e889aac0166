// The attributes of one measurement.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace larkspur::telemetry {

// Keys and texts in the order in which they are given; an order is a series of its own, so one
// instrument is always given the same. Empty values are left out, as an attribute that does not
// apply.
class Labels {
 public:
  Labels() = default;
  // A copy is for adding to.
  Labels(const Labels& other) {
    text_.reserve(kUsualBytes);
    text_ = other.text_;
  }
  Labels& operator=(const Labels&) = delete;

  Labels& add(std::string_view key, std::string_view value) {
    if (value.empty()) return *this;
    if (text_.empty()) text_.reserve(kUsualBytes);
    const std::size_t before = text_.size();
    const std::size_t after = before + key.size() + value.size() + 2;
    // Not the size that the lambda is given: libstdc++ 12 says there how much it has allocated.
    text_.resize_and_overwrite(after, [&](char* text, std::size_t) {
      char* at = text + before;
      std::memcpy(at, key.data(), key.size());
      at += key.size();
      *at++ = kEnd;
      std::memcpy(at, value.data(), value.size());
      text[after - 1] = kEnd;
      return after;
    });
    hash_ = 0;
    return *this;
  }

  // What tells one set from another.
  std::string_view text() const { return text_; }
  std::size_t hash() const {
    if (hash_ == 0) hash_ = std::hash<std::string_view>()(text_);
    return hash_;
  }

  // Calls see(key, value) for each, in order. `text`: as text() gave it.
  template <class See>
  static void for_each(std::string_view text, See see) {
    const auto take = [&text] {
      const std::string_view part = text.substr(0, text.find(kEnd));
      text.remove_prefix(std::min(text.size(), part.size() + 1));
      return part;
    };
    while (!text.empty()) {
      const std::string_view key = take();
      see(key, take());
    }
  }

 private:
  static constexpr char kEnd = '\0';
  static constexpr std::size_t kUsualBytes = 448;

  std::string text_;
  mutable std::size_t hash_ = 0;  // 0: not known yet
};

inline double seconds(std::chrono::nanoseconds elapsed) {
  return std::chrono::duration<double>(elapsed).count();
}

}  // namespace larkspur::telemetry
