#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"
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

// The bytes of the valid UTF-8 that `text` begins with.
std::size_t valid_size(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size()) {
    std::size_t next = size;
    if (next_code_point(text, next) == 0xFFFD && next - size == 1) break;
    size = next;
  }
  return size;
}

bool has_members(Value container) {
  return is_dict(container) || is_struct(container);
}

// The same entries in the order of their keys, where all are strings.
Value sorted_by_key(Context& context, Value container) {
  const Table& table = *object_cast<Table>(container);
  std::vector<const Entry*> entries;
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(table, position)) {
    if (!is_string(entry->key)) return container;
    entries.push_back(entry);
  }
  if (!context.charge(entries.size() * 8)) return Value::failed();
  std::ranges::sort(entries, {}, [](const Entry* entry) { return text_of(entry->key); });
  Dict* sorted = context.dict(entries.size());
  for (const Entry* entry : entries) {
    if (sorted == nullptr || !table_set(context, *sorted, entry->key, entry->value))
      return Value::failed();
  }
  return sorted == nullptr ? Value::failed() : Value::object(sorted);
}

constexpr bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Walks a value with a stack of its own: how deep a script nests is up to the script.
template <class Sink>
class Encoder {
 public:
  Encoder(Sink& sink, const JsonLayout* layout, bool sort)
      : context_(sink.context()), sink_(sink), layout_(layout), sort_(sort) {}

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
    Value members;               // of a dict: itself, or the same sorted
    Iterator elements;           // of what is no dict
    std::uint32_t position = 0;  // in `members`
    Value key;                   // of the member that is being written
    std::size_t written = 0;     // members or elements, that one included
  };

  // "in field .x: at list index 1: in dict key "y": ": where the encoder is.
  std::string path() {
    std::string text;
    for (const Frame& frame : stack_) {
      if (frame.written == 0) continue;
      if (is_struct(frame.container)) {
        text.append("in field .").append(text_of(frame.key)).append(": ");
      } else if (is_dict(frame.container)) {
        text += "in dict key " + short_repr(context_, frame.key) + ": ";
      } else {
        text.append("at ").append(type_name(frame.container));
        text += " index " + std::to_string(frame.written - 1) + ": ";
      }
    }
    return text;
  }

  bool fail(const std::string& what, std::string hint = {}) {
    const std::string function = layout_ == nullptr ? "json.encode: " : "json.encode_indent: ";
    context_.fail(function + path() + what, std::move(hint), function + what);
    return false;
  }

  // The next element of the innermost container, or its end.
  bool step() {
    Frame& frame = stack_.back();
    const bool dict = has_members(frame.container);
    Value element;
    const Entry* entry = nullptr;
    if (dict) {
      entry = table_next(*object_cast<Table>(frame.members), frame.position);
    } else if (!frame.elements.next(context_, element)) {
      return context_.has_failed() ? false : close(']');
    }
    if (dict && entry == nullptr) return close('}');
    if (frame.written++ > 0 && !sink_.append(",")) return false;
    if (!line_break()) return false;
    if (dict) {
      frame.key = entry->key;
      if (!key(entry->key)) return false;
      element = entry->value;
    }
    return open_or_write(element);
  }

  bool close(char bracket) {
    const bool empty = stack_.back().written == 0;
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
      --stack_.back().written;  // the path is that of the dict
      return fail("dict has " + std::string(type_name(key)) + " key, want string",
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
        return fail("cannot encode " + std::string(type_name(value)) + " as JSON");
    }
  }

  bool open(Value container, std::string_view bracket) {
    const bool again =
        std::ranges::any_of(stack_, [&](const Frame& f) { return f.container.same(container); });
    if (again) return fail("cycle in JSON structure", "a list or dict contains itself");
    if (stack_.size() >= kMaxJsonDepth) {
      context_.fail("json.encode: nesting deeper than " + std::to_string(kMaxJsonDepth) +
                    " levels");
      return false;
    }
    Frame frame;
    frame.container = frame.members = container;
    if (sort_ && has_members(container)) {
      frame.members = sorted_by_key(context_, container);
      if (frame.members.is_failed()) return false;
    }
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
      return fail("cannot encode non-finite float " + scratch_);
    }
    scratch_.clear();
    append_float(d, scratch_);
    return sink_.append(scratch_);
  }

  bool string(std::string_view text) {
    if (!sink_.append("\"")) return false;
    while (context_.strict() && !is_valid_utf8(text)) {
      const std::size_t size = valid_size(text);
      if (!escaped(text.substr(0, size)) || !sink_.append("\\ufffd")) return false;
      text.remove_prefix(size + 1);
    }
    return escaped(text) && sink_.append("\"");
  }

  bool escaped(std::string_view text) {
    while (!text.empty()) {
      std::size_t plain = 0;
      while (plain < text.size() && !needs_escape(text[plain])) ++plain;
      if (plain != 0 && !sink_.append(text.substr(0, plain))) return false;
      if (plain == text.size()) break;
      if (!escape(text[plain])) return false;
      text.remove_prefix(plain + 1);
    }
    return true;
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
  bool sort_;
  std::vector<Frame> stack_;
  std::string scratch_;
};

}  // namespace

bool encode_json(Context& context, Value value, std::string& out, std::size_t max_bytes) {
  HostText sink(context, out, max_bytes);
  return Encoder<HostText>(sink, nullptr, false).run(value);
}

bool encode_json(Value value, const JsonLayout* layout, bool sort, StringBuilder& out) {
  return Encoder<StringBuilder>(out, layout, sort || out.context().strict()).run(value);
}

}  // namespace larkspur::starlark
