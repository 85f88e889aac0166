// The words of JSON (RFC 8259): strings, numbers, literals, white space. Internal to json/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace larkspur::json::internal {

// Why a text is not JSON. `what` has static storage: "expected ',' or '}'".
struct Fault {
  std::size_t at = 0;
  std::string_view what;
};

// Walks over a text. A function that expects something returns false when it is not there; fault()
// then says where and what.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }
  // NUL at the end of the text: no word of JSON starts with one, so one comparison serves for both.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void advance() { ++at_; }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  // REQUIRES: peek() == '"'. `escaped` tells whether a backslash occurs.
  bool string(bool& escaped);
  bool number();  // REQUIRES: peek() is '-' or a digit
  bool literal(std::string_view word);

  bool fail(std::string_view what) {
    fault_ = {at_, what};
    return false;
  }
  const Fault& fault() const { return fault_; }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  void skip_plain();
  bool escape();
  bool unicode_escape(unsigned& unit);
  bool digits();

  std::string_view text_;
  std::size_t at_ = 0;
  Fault fault_;
};

// Appends what the literal `"..."` means to `out`. REQUIRES: a lexer accepted it.
void unescape(std::string_view literal, std::string& out);

// The place of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

// "line 3, column 7: expected ',' or '}', found 'x'". Columns count code points.
Error to_error(std::string_view text, const Fault& fault);

}  // namespace larkspur::json::internal
