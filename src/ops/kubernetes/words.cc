#include "ops/kubernetes/words.h"

#include <fmt/format.h>

#include "base/text.h"

namespace larkspur::ops {

namespace {

constexpr std::string_view kShellCharacters = ";|&<>$()`\n\r";

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> run() {
    if (text_.contains('\0')) return fail(ErrorCode::kInvalidArgument, "the command holds a NUL");
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t') {
        end_word();
        ++at_;
      } else if (c == '\'' || c == '"') {
        if (auto quoted = take_quoted(c); !quoted) return fail(std::move(quoted.error()));
      } else if (c == '\\') {
        if (at_ + 1 == text_.size() || text_[at_ + 1] == '\n') {
          return fail(ErrorCode::kInvalidArgument,
                      "the command ends in a backslash, or continues on a second line");
        }
        add(text_[at_ + 1]);
        at_ += 2;
      } else if (kShellCharacters.contains(c)) {
        return fail(
            ErrorCode::kInvalidArgument,
            fmt::format("'{}' at character {}: no shell runs the command, so there are no pipes, "
                        "redirections, substitutions or second commands; put it in single "
                        "quotes if it is meant literally",
                        printable(text_.substr(at_, 1)), at_ + 1));
      } else {
        add(c);
        ++at_;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  void end_word() {
    if (in_word_) words_.push_back(std::exchange(word_, {}));
    in_word_ = false;
  }

  Result<void> take_quoted(char quote) {
    const std::size_t opened = at_++;
    in_word_ = true;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const bool escape = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                          std::string_view("\\\"$`").contains(text_[at_ + 1]);
      if (escape) ++at_;
      word_ += text_[at_];
    }
    if (at_ == text_.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the quote at character {} is never closed", opened + 1));
    }
    ++at_;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
};

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view text) {
  return Splitter(text).run();
}

}  // namespace larkspur::ops
