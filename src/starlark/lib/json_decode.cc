#include <charconv>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "starlark/lib/json.h"
#include "starlark/lib/number_text.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}
bool is_surrogate(char32_t c, char32_t first) {
  return c >= first && c < first + 0x400;
}

// One pass over the text with a stack of its own, straight onto the heap.
class Decoder {
 public:
  Decoder(Context& context, std::string_view text) : context_(context), text_(text) {}

  bool run(Value& out) {
    while (true) {
      Value value;
      const Read read = read_value(value);
      if (read == Read::kFailed) return false;
      if (read == Read::kOpened) continue;  // its first element comes next
      // The value is complete; so may be the containers around it.
      for (bool closed = true; closed;) {
        if (stack_.empty()) {
          out = value;
          return at_end();
        }
        if (!attach(value) || !after_element(closed)) return false;
        if (closed) {
          value = stack_.back().container;
          stack_.pop_back();
        }
      }
    }
  }

  std::string problem;  // what is malformed; stays empty where a limit was reached

 private:
  struct Frame {
    Value container;
    Value key;  // of the member whose value is being read
  };
  enum class Read : unsigned char { kComplete, kOpened, kFailed };

  Read read_value(Value& value) {
    skip_space();
    if (position_ == text_.size()) return failed(malformed("unexpected end of file"));
    if (!context_.charge(1)) return Read::kFailed;
    switch (text_[position_]) {
      case '{':
        return open_dict(value);
      case '[':
        return open_list(value);
      case '"':
        return complete(string(value));
      case 't':
        return complete(word("true", Value::boolean(true), value));
      case 'f':
        return complete(word("false", Value::boolean(false), value));
      case 'n':
        return complete(word("null", Value::none(), value));
      default:
        return complete(number(value));
    }
  }
  static Read complete(bool fine) { return fine ? Read::kComplete : Read::kFailed; }
  static Read failed(bool) { return Read::kFailed; }

  Read open_dict(Value& value) {
    Dict* dict = deep_enough() ? context_.dict() : nullptr;
    if (dict == nullptr) return Read::kFailed;
    ++position_;
    value = Value::object(dict);
    if (take_after_space('}')) return Read::kComplete;
    stack_.push_back({value, Value::none()});
    return key() ? Read::kOpened : Read::kFailed;
  }

  Read open_list(Value& value) {
    List* list = deep_enough() ? context_.list() : nullptr;
    if (list == nullptr) return Read::kFailed;
    ++position_;
    value = Value::object(list);
    if (take_after_space(']')) return Read::kComplete;
    stack_.push_back({value, Value::none()});
    return Read::kOpened;
  }

  bool deep_enough() {
    return stack_.size() < kMaxJsonDepth ||
           malformed("nesting deeper than " + std::to_string(kMaxJsonDepth) + " levels");
  }

  bool attach(Value value) {
    const Frame& frame = stack_.back();
    if (is_list(frame.container)) return context_.append(*as_list(frame.container), value);
    return table_set(context_, *as_dict(frame.container), frame.key, value);
  }

  // ',' (then also the next key of an object) or the closing bracket.
  bool after_element(bool& closed) {
    const bool list = is_list(stack_.back().container);
    skip_space();
    if (position_ == text_.size()) return malformed("unexpected end of file");
    const char c = text_[position_];
    closed = c == (list ? ']' : '}');
    if (closed) {
      ++position_;
      return true;
    }
    if (c != ',') {
      return malformed((list ? "in array, got " : "in object, got ") + character() +
                       (list ? ", want ',' or ']'" : ", want ',' or '}'"));
    }
    ++position_;
    return list || key();
  }

  // "name" : of an object's member. Keys come again and again in lists of objects: one String
  // serves all.
  bool key() {
    skip_space();
    if (position_ == text_.size()) return malformed("unexpected end of file");
    if (text_[position_] != '"') return unexpected(", want an object key");
    const std::size_t end = text_.find_first_of("\"\\", position_ + 1);
    const bool plain = end != text_.npos && text_[end] == '"';
    const std::string_view name =
        plain ? text_.substr(position_ + 1, end - position_ - 1) : std::string_view();
    Value scratch;
    Value& recent =
        name.size() > Value::kMaxInlineString
            ? recent_keys_[(name.size() * 7 + static_cast<unsigned char>(name.front()) * 3 +
                            static_cast<unsigned char>(name.back())) %
                           kRecentKeys]
            : scratch;
    if (is_string(recent) && text_of(recent) == name) {
      position_ = end + 1;
    } else if (!string(recent)) {
      return false;
    }
    stack_.back().key = recent;
    return take_after_space(':') ||
           (position_ == text_.size()
                ? malformed("unexpected end of file")
                : malformed("after object key, got " + character() + ", want ':'"));
  }

  bool string(Value& value) {
    const std::size_t begin = ++position_;
    while (position_ < text_.size() && !ends_plain_run(text_[position_])) ++position_;
    if (position_ < text_.size() && text_[position_] == '"') {
      value = context_.string(text_.substr(begin, position_ - begin));
      ++position_;
      return !value.is_failed();
    }
    StringBuilder out(context_);
    if (!out.append(text_.substr(begin, position_ - begin)) || !escaped_rest(out)) return false;
    value = out.finish();
    return !value.is_failed();
  }

  static bool ends_plain_run(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  }

  // The rest of a string from its first escape on, to the closing quote.
  bool escaped_rest(StringBuilder& out) {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == '"') {
        ++position_;
        return true;
      }
      if (c == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      if (ends_plain_run(c)) return unexpected(" in string: control characters must be escaped");
      const std::size_t begin = position_;
      while (position_ < text_.size() && !ends_plain_run(text_[position_])) ++position_;
      if (!out.append(text_.substr(begin, position_ - begin))) return false;
    }
    return malformed("unclosed string literal");
  }

  bool escape(StringBuilder& out) {
    if (position_ + 1 == text_.size()) return malformed("unclosed string literal");
    const char c = text_[position_ + 1];
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = kNames.find(c); i != kNames.npos) {
      position_ += 2;
      return out.append(kMeanings[i]);
    }
    char32_t unit = 0;
    if (c != 'u') {
      ++position_;
      return malformed("invalid character " + character() + " in string escape code");
    }
    if (!hex4(position_ + 2, unit)) return malformed("incomplete or invalid \\u escape");
    position_ += 6;
    char32_t second = 0;
    if (is_surrogate(unit, 0xd800) && text_.substr(position_).starts_with("\\u") &&
        hex4(position_ + 2, second) && is_surrogate(second, 0xdc00)) {
      position_ += 6;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    }
    return out.append_code_point(unit);  // what is still a surrogate becomes U+FFFD
  }

  bool hex4(std::size_t at, char32_t& unit) const {
    if (text_.size() - at < 4 || at > text_.size()) return false;
    std::uint32_t value = 0;
    const char* begin = text_.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 4, value, 16);
    unit = value;
    return error == std::errc() && end == begin + 4;
  }

  // All that looks like a part of a number is taken for one.
  bool number(Value& value) {
    const std::size_t begin = position_;
    if (!is_decimal(text_[begin]) && text_[begin] != '-') return unexpected("");
    while (position_ < text_.size() &&
           (is_decimal(text_[position_]) || std::string_view("+-.eE").contains(text_[position_]))) {
      ++position_;
    }
    const std::string_view number = text_.substr(begin, position_ - begin);
    bool is_int = false;
    if (!is_number(number, is_int)) {
      position_ = begin;
      return malformed("invalid number: " + std::string(truncate_utf8(number, 100)));
    }
    if (is_int) {
      const bool negative = number[0] == '-';
      value = parse_int(context_, number.substr(negative ? 1 : 0), 10, negative, "json.decode");
      return !value.is_failed();
    }
    double d = 0;
    if (!parse_float(number, d) || !std::isfinite(d)) return malformed("number out of range");
    value = context_.real(d);
    return !value.is_failed();
  }

  // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  static bool is_number(std::string_view text, bool& is_int) {
    const auto take = [&text](std::string_view any) {
      const bool found = !text.empty() && any.contains(text[0]);
      if (found) text.remove_prefix(1);
      return found;
    };
    const auto digits = [&text] {
      std::size_t count = 0;
      while (count < text.size() && is_decimal(text[count])) ++count;
      text.remove_prefix(count);
      return count;
    };
    take("-");
    const bool zero = text.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    is_int = text.empty();
    if (take(".") && digits() == 0) return false;
    if (take("eE")) {
      take("+-");
      if (digits() == 0) return false;
    }
    return text.empty();
  }

  bool word(std::string_view word, Value meaning, Value& value) {
    if (!text_.substr(position_).starts_with(word)) return unexpected("");
    position_ += word.size();
    value = meaning;
    return true;
  }

  void skip_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n' ||
                                        text_[position_] == '\r' || text_[position_] == '\t')) {
      ++position_;
    }
  }

  bool take(char c) {
    if (position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  bool take_after_space(char c) {
    skip_space();
    return take(c);
  }

  bool at_end() {
    skip_space();
    return position_ == text_.size() || unexpected(" after value");
  }

  bool unexpected(std::string_view where) {
    return malformed("unexpected character " + character() + std::string(where));
  }
  // The one that comes next, in quotes.
  std::string character() const {
    const std::size_t size = sequence_length(text_[position_]);
    const std::string shown = printable(text_.substr(position_, size));
    return "'" + (shown == "'" ? "\\'" : shown) + "'";
  }
  bool malformed(std::string_view what) {
    problem = "at offset " + std::to_string(position_) + ", " + std::string(what);
    return false;
  }

  static constexpr std::size_t kRecentKeys = 64;

  Context& context_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<Frame> stack_;
  Value recent_keys_[kRecentKeys];
};

}  // namespace

bool try_decode_json(Context& context, std::string_view text, Value& out, std::string& problem) {
  if (!context.charge_bytes(text.size() * 8)) return false;
  Decoder decoder(context, text);
  if (decoder.run(out)) return true;
  problem = std::move(decoder.problem);
  return false;
}

bool decode_json(Context& context, std::string_view text, Value& out) {
  std::string problem;
  if (!is_valid_utf8(text)) {
    problem = "the text is not valid UTF-8";
  } else if (try_decode_json(context, text, out, problem)) {
    return true;
  }
  if (!context.has_failed()) context.fail("json.decode: " + problem);
  return false;
}

}  // namespace larkspur::starlark
