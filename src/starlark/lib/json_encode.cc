#include <cmath>
#include <vector>

#include "starlark/lib/float_text.h"
#include "starlark/lib/json.h"
#include "starlark/lib/number_text.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

// A string outside the heap that counts as if it were on it.
class HostText {
 public:
  HostText(Context& context, std::string& out, std::size_t max_bytes)
      : context_(context), out_(out), max_bytes_(max_bytes) {}
  Context& context() { return context_; }

  bool append(std::string_view text) {
    if (text.size() > max_bytes_ - std::min(out_.size(), max_bytes_)) {
      context_.fail(ErrorKind::kOutputLimit,
                    "the JSON text is larger than " + std::to_string(max_bytes_) + " bytes",
                    "return less: filter and summarise in the script");
      return false;
    }
    // Doubling once more must still fit, whatever std::string then takes.
    if (!context_.charge_bytes(text.size()) || !context_.reserve(2 * (out_.size() + text.size())))
      return false;
    out_.append(text);
    return true;
  }

 private:
  Context& context_;
  std::string& out_;
  std::size_t max_bytes_;
};

bool has_members(Value container) {
  return is_dict(container) || is_struct(container);
}

bool fail_encoding(Context& context, std::string text, std::string hint = {}) {
  context.fail("json.encode: " + std::move(text), std::move(hint));
  return false;
}

constexpr bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Walks a value with a stack of its own: how deep a script nests is up to the script.
template <class Sink>
class Encoder {
 public:
  Encoder(Sink& sink, const JsonLayout* layout)
      : context_(sink.context()), sink_(sink), layout_(layout) {}

  bool run(Value value) {
    if (!open_or_write(value)) return false;
    while (!stack_.empty()) {
      if (!step()) return false;
    }
    return true;
  }

 private:
  struct Frame {
    Value container;
    Iterator elements;           // of what is no dict
    std::uint32_t position = 0;  // in a dict
    bool empty = true;
  };

  // The next element of the innermost container, or its end.
  bool step() {
    Frame& frame = stack_.back();
    const bool dict = has_members(frame.container);
    Value element;
    const Entry* entry = nullptr;
    if (dict) {
      entry = table_next(*object_cast<Table>(frame.container), frame.position);
    } else if (!frame.elements.next(context_, element)) {
      return context_.has_failed() ? false : close(']');
    }
    if (dict && entry == nullptr) return close('}');
    if (!frame.empty && !sink_.append(",")) return false;
    frame.empty = false;
    if (!line_break()) return false;
    if (dict) {
      if (!key(entry->key)) return false;
      element = entry->value;
    }
    return open_or_write(element);
  }

  bool close(char bracket) {
    const bool empty = stack_.back().empty;
    stack_.pop_back();
    return (empty || line_break()) && sink_.append(std::string_view(&bracket, 1));
  }

  bool line_break() {
    if (layout_ == nullptr) return true;
    if (!sink_.append("\n") || !sink_.append(layout_->prefix)) return false;
    for (std::size_t i = 0; i < stack_.size(); ++i) {
      if (!sink_.append(layout_->indent)) return false;
    }
    return true;
  }

  bool key(const Value& key) {
    if (!is_string(key)) {
      return fail_encoding(context_,
                           "dict has " + std::string(type_name(key)) + " key, want string",
                           "make the keys strings: {str(k): v for k, v in d.items()}");
    }
    return string(text_of(key)) && sink_.append(layout_ == nullptr ? ":" : ": ");
  }

  bool open_or_write(const Value& value) {
    if (!context_.charge(1)) return false;
    switch (type_of(value)) {
      case Type::kNone:
        return sink_.append("null");
      case Type::kBool:
        return sink_.append(value.as_bool() ? "true" : "false");
      case Type::kInt:
        return integer(value);
      case Type::kFloat:
        return real(as_float(value));
      case Type::kString:
        return string(text_of(value));
      case Type::kDict:
      case Type::kStruct:
        return open(value, "{");
      case Type::kList:
      case Type::kTuple:
      case Type::kSet:
      case Type::kRange:
        return open(value, "[");
      default:
        return fail_encoding(context_,
                             "cannot encode " + std::string(type_name(value)) + " as JSON");
    }
  }

  bool open(Value container, std::string_view bracket) {
    if (stack_.size() >= kMaxJsonDepth) {
      return fail_encoding(context_,
                           "nesting deeper than " + std::to_string(kMaxJsonDepth) + " levels",
                           "does a list or dict contain itself?");
    }
    Frame frame;
    frame.container = container;
    if (!has_members(container) && !frame.elements.start(context_, container)) return false;
    stack_.push_back(frame);
    return sink_.append(bracket);
  }

  bool integer(Value value) {
    scratch_.clear();
    if (is_negative_int(value)) scratch_ += '-';
    return append_int_digits(context_, value, 10, scratch_) && sink_.append(scratch_);
  }

  bool real(double d) {
    if (!std::isfinite(d)) {
      scratch_.clear();
      append_float(d, scratch_);
      return fail_encoding(context_, "cannot encode non-finite float " + scratch_);
    }
    scratch_.clear();
    append_float(d, scratch_);
    return sink_.append(scratch_);
  }

  bool string(std::string_view text) {
    if (!sink_.append("\"")) return false;
    while (!text.empty()) {
      std::size_t plain = 0;
      while (plain < text.size() && !needs_escape(text[plain])) ++plain;
      if (plain != 0 && !sink_.append(text.substr(0, plain))) return false;
      if (plain == text.size()) break;
      if (!escape(text[plain])) return false;
      text.remove_prefix(plain + 1);
    }
    return sink_.append("\"");
  }

  bool escape(char c) {
    switch (c) {
      case '"':
        return sink_.append("\\\"");
      case '\\':
        return sink_.append("\\\\");
      case '\n':
        return sink_.append("\\n");
      case '\r':
        return sink_.append("\\r");
      case '\t':
        return sink_.append("\\t");
      default: {
        constexpr std::string_view kHex = "0123456789abcdef";
        const char escaped[] = {'\\',
                                'u',
                                '0',
                                '0',
                                kHex[static_cast<unsigned char>(c) >> 4],
                                kHex[static_cast<unsigned char>(c) & 15]};
        return sink_.append({escaped, sizeof(escaped)});
      }
    }
  }

  Context& context_;
  Sink& sink_;
  const JsonLayout* layout_;
  std::vector<Frame> stack_;
  std::string scratch_;
};

}  // namespace

bool encode_json(Context& context, Value value, std::string& out, std::size_t max_bytes) {
  HostText sink(context, out, max_bytes);
  return Encoder<HostText>(sink, nullptr).run(value);
}

bool encode_json(Value value, const JsonLayout* layout, StringBuilder& out) {
  return Encoder<StringBuilder>(out, layout).run(value);
}

}  // namespace larkspur::starlark
