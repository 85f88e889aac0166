// The one grammar of JSON that Document, check() and scan_object() share, so that they cannot
// disagree on what is well formed. Internal to json/.
//
// Why not simdjson's parsers: its on-demand API accepts malformed text in values that are skipped
// (and we skip most of them), its DOM refuses legal numbers, and neither keeps spellings. A strict
// check of our own was needed anyway; once it has seen every byte, the index it leaves behind is as
// good as theirs. From simdjson we take what it does best here: the UTF-8 check.
//
// No recursion: what is open is one bit per level.
#pragma once

#include <bitset>
#include <optional>

#include "json/lexer.h"
#include "json/value.h"

namespace larkspur::json::internal {

// A Sink is told what goes by; positions are offsets into the text:
//   void open(Type type, std::size_t at);                 kObject or kArray
//   void close(std::size_t end);                          of the innermost open one
//   void key(std::size_t at, std::size_t end, bool escaped);
//   void scalar(Type type, std::size_t at, std::size_t end, bool escaped);
template <class Sink>
class Reader {
 public:
  Reader(std::string_view text, Sink& sink) : text_(text), lexer_(text), sink_(sink) {}

  // Nothing when the whole text is one strict JSON value.
  std::optional<Fault> read() {
    if (const std::size_t bad = find_invalid_utf8(text_); bad != std::string_view::npos) {
      return Fault{bad, "the text is not valid UTF-8"};
    }
    for (;;) {
      if (!value()) return lexer_.fault();
      if (just_opened_) continue;
      if (!close_what_ends()) return lexer_.fault();
      if (depth_ == 0) return std::nullopt;
    }
  }

 private:
  // Reads up to the end of a scalar, or into a container, up to where its first value is due.
  bool value() {
    lexer_.skip_space();
    just_opened_ = false;
    switch (const char c = lexer_.peek()) {
      case '{':
      case '[':
        return open(c == '{');
      case '"':
        return string();
      case 't':
        return literal("true", Type::kBool);
      case 'f':
        return literal("false", Type::kBool);
      case 'n':
        return literal("null", Type::kNull);
      default:
        if (c == '-' || (c >= '0' && c <= '9')) return number();
        return lexer_.fail("expected a value");
    }
  }

  bool open(bool object) {
    if (depth_ == kMaxDepth) return lexer_.fail("nested deeper than 200 levels");
    static_assert(kMaxDepth == 200);
    in_object_[depth_++] = object;
    sink_.open(object ? Type::kObject : Type::kArray, lexer_.at());
    lexer_.advance();
    lexer_.skip_space();
    if (lexer_.peek() == (object ? '}' : ']')) {
      close();
      return true;
    }
    just_opened_ = true;
    return !object || key("expected a key or '}'");
  }

  void close() {
    lexer_.advance();
    --depth_;
    sink_.close(lexer_.at());
  }

  // After a value: closes every container that ends here, then takes the comma (and key) before the
  // next value. With nothing open, expects the end of the text.
  bool close_what_ends() {
    while (depth_ > 0) {
      const bool object = in_object_[depth_ - 1];
      lexer_.skip_space();
      const char c = lexer_.peek();
      if (c == ',') {
        lexer_.advance();
        lexer_.skip_space();
        return !object || key("expected a key");
      }
      if (c != (object ? '}' : ']')) {
        return lexer_.fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
      }
      close();
    }
    lexer_.skip_space();
    return lexer_.at_end() || lexer_.fail("expected the end of the text");
  }

  bool key(std::string_view expected) {
    if (lexer_.peek() != '"') return lexer_.fail(expected);
    const std::size_t at = lexer_.at();
    bool escaped = false;
    if (!lexer_.string(escaped)) return false;
    sink_.key(at, lexer_.at(), escaped);
    lexer_.skip_space();
    if (lexer_.peek() != ':') return lexer_.fail("expected ':'");
    lexer_.advance();
    return true;
  }

  bool string() {
    const std::size_t at = lexer_.at();
    bool escaped = false;
    if (!lexer_.string(escaped)) return false;
    sink_.scalar(Type::kString, at, lexer_.at(), escaped);
    return true;
  }

  bool number() {
    const std::size_t at = lexer_.at();
    if (!lexer_.number()) return false;
    sink_.scalar(Type::kNumber, at, lexer_.at(), false);
    return true;
  }

  bool literal(std::string_view word, Type type) {
    const std::size_t at = lexer_.at();
    if (!lexer_.literal(word)) return false;
    sink_.scalar(type, at, lexer_.at(), false);
    return true;
  }

  std::string_view text_;
  Lexer lexer_;
  Sink& sink_;
  std::bitset<kMaxDepth> in_object_;
  std::size_t depth_ = 0;
  bool just_opened_ = false;
};

}  // namespace larkspur::json::internal
