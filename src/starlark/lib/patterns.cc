#include "starlark/lib/patterns.h"

#include <algorithm>

#include "base/text.h"
#include "starlark/vm/strings.h"

namespace larkspur::starlark::lib {
namespace {

constexpr std::size_t kMaxKept = 8;
constexpr std::size_t kMaxPatternMemory = 256 << 10;  // of one compiled pattern and its search

// The patterns that a run used last, the newest in front.
struct Kept {
  std::vector<std::unique_ptr<re2::RE2>> patterns;
};

Kept& kept_patterns(Context& context) {
  std::shared_ptr<void>& memo = context.memo(Context::Memo::kPatterns);
  if (memo == nullptr) memo = std::make_shared<Kept>();
  return *static_cast<Kept*>(memo.get());
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

const re2::RE2* compiled_pattern(Context& context, std::string_view function,
                                 std::string_view pattern) {
  // The same charge whether it is kept or not: 10 ns a step.
  if (!context.charge(100 + pattern.size() * 4)) return nullptr;
  if (pattern.size() > kMaxPatternBytes) {
    context.fail(std::string(function) + ": the pattern is longer than " +
                 std::to_string(kMaxPatternBytes) + " bytes");
    return nullptr;
  }
  auto& patterns = kept_patterns(context).patterns;
  auto found = std::ranges::find_if(
      patterns, [&](const auto& each) { return std::string_view(each->pattern()) == pattern; });
  if (found == patterns.end()) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(static_cast<std::int64_t>(kMaxPatternMemory));
    auto compiled = std::make_unique<re2::RE2>(piece(pattern), options);
    if (!compiled->ok()) {
      context.fail(std::string(function) + ": bad pattern: " + printable(compiled->error()),
                   "patterns are those of RE2: no lookaround, no backreferences; (?i) in front "
                   "ignores case",
                   std::string(function) + ": bad pattern");
      return nullptr;
    }
    if (compiled->NumberOfCapturingGroups() > kMaxGroups) {
      context.fail(std::string(function) + ": more than " + std::to_string(kMaxGroups) + " groups",
                   "use (?:...) where the text of a group is not needed");
      return nullptr;
    }
    // RE2's memory is the script's: as many times the most that a pattern may take as are kept.
    if (patterns.size() == kMaxKept) {
      patterns.pop_back();
    } else if (!context.heap().take_outside(kMaxPatternMemory)) {
      context.out_of_memory();
      return nullptr;
    }
    found = patterns.insert(patterns.end(), std::move(compiled));
  }
  std::rotate(patterns.begin(), found, found + 1);
  return patterns.front().get();
}

bool Matches::next(re2::RE2::Anchor anchor) {
  if (over_) return false;
  // A search may look at all that is left, but mostly looks at what lies before the match's end;
  // how much a byte costs grows with the pattern.
  const std::size_t from = position_;
  if (!context_.charge(10 + (text_.size() - from) / 64)) return false;
  const bool found = pattern_.Match(piece(text_), from, text_.size(), anchor, groups_.data(),
                                    static_cast<int>(groups_.size()));
  over_ = !found;
  const std::size_t looked_at = (found ? end() : text_.size()) - from;
  const auto size = static_cast<std::size_t>(pattern_.ProgramSize());
  if (!context_.charge(looked_at * (1 + size / 8) / 8 + groups_.size())) return false;
  if (!found) return false;
  position_ = end();
  if (groups_[0].empty()) {
    if (position_ == text_.size()) {
      over_ = true;
    } else {
      position_ += sequence_length(text_[position_]);
    }
  }
  return true;
}

}  // namespace larkspur::starlark::lib
