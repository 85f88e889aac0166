// Regular expressions of one run: compiled once each by RE2, which never backtracks, and searched
// with the work charged to the script.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "starlark/vm/context.h"

namespace larkspur::starlark::lib {

inline constexpr std::size_t kMaxPatternBytes = 1000;
inline constexpr int kMaxGroups = 50;

// The compiled form, from the few that the context keeps; nullptr after an error.
const re2::RE2* compiled_pattern(Context& context, std::string_view function,
                                 std::string_view pattern);

// One match: the parts of the text that the whole and its groups matched; data() is nullptr where a
// group took no part.
using Groups = std::vector<re2::StringPiece>;

// The matches in a text, from left to right, without overlap.
class Matches {
 public:
  Matches(Context& context, const re2::RE2& pattern, std::string_view text)
      : context_(context),
        pattern_(pattern),
        text_(text),
        groups_(1 + static_cast<std::size_t>(pattern.NumberOfCapturingGroups())) {}

  // False at the end, and after an error.
  bool next(re2::RE2::Anchor anchor = re2::RE2::UNANCHORED);
  const Groups& groups() const { return groups_; }
  std::size_t begin() const { return static_cast<std::size_t>(groups_[0].data() - text_.data()); }
  std::size_t end() const { return begin() + groups_[0].size(); }

 private:
  Context& context_;
  const re2::RE2& pattern_;
  std::string_view text_;
  Groups groups_;
  std::size_t position_ = 0;
  bool over_ = false;
};

}  // namespace larkspur::starlark::lib
