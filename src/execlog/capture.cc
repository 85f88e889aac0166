#include "execlog/capture.h"

#include <algorithm>

namespace larkspur::execlog {

namespace {

// Whether '*' in `pattern` can stand for what makes it `text`. Linear but for backing up to the
// last star, which is enough.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool fits_any(std::span<const std::string> patterns, std::string_view text) {
  return patterns.empty() ||
         std::ranges::any_of(patterns, [&](const std::string& each) { return fits(each, text); });
}

}  // namespace

Capture CapturePolicy::of(std::string_view tool, std::string_view principal) const {
  for (const CaptureRule& rule : rules_) {
    if (fits_any(rule.tools, tool) && fits_any(rule.principals, principal)) return rule.capture;
  }
  return otherwise_;
}

}  // namespace larkspur::execlog
