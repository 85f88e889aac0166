// The text form of values. Nesting is walked with an explicit stack, so depth costs heap, not C++
// stack; a list or dict that is being printed carries a mark, so cycles are seen at once: they
// print as [...]. No cycle is without one of the two.

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "starlark/compile/bytecode.h"
#include "starlark/lib/float_text.h"
#include "starlark/lib/number_text.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

// A container that is being printed, and how far.
struct Level {
  Value container;
  std::uint32_t position;
  std::uint32_t printed;
};

class ReprWriter {
 public:
  ReprWriter(StringBuilder& out, std::size_t stop_at) : out_(out), stop_at_(stop_at) {}
  ReprWriter(const ReprWriter&) = delete;
  ReprWriter& operator=(const ReprWriter&) = delete;
  ~ReprWriter() {
    while (depth_ > 0) leave();
    out_.context().heap().free_block(spilled_, spilled_bytes_);
  }

  bool write(Value value) {
    if (!begin(value)) return false;
    while (depth_ > 0 && out_.size() < stop_at_) {
      if (!advance()) return false;
    }
    return true;
  }

 private:
  Level& top() { return levels_[depth_ - 1]; }

  // Writes a scalar whole, and the opening bracket of a container.
  bool begin(Value value);
  // Writes the next element of the innermost container, or its closing bracket.
  bool advance();
  bool enter(Value container, std::string_view open);
  void leave() {
    top().container.as_object()->flags &= static_cast<std::uint8_t>(~Object::kVisited);
    --depth_;
  }
  bool close();
  bool write_quoted(std::string_view text, bool single);

  StringBuilder& out_;
  std::size_t stop_at_;
  Level inline_[16];
  Level* levels_ = inline_;
  std::size_t depth_ = 0;
  std::size_t capacity_ = std::size(inline_);
  void* spilled_ = nullptr;
  std::size_t spilled_bytes_ = 0;
};

bool ReprWriter::enter(Value container, std::string_view open) {
  Object* object = container.as_object();
  if (object->has(Object::kVisited)) return out_.append(is_list(container) ? "[...]" : "{...}");
  if (depth_ == capacity_) {
    std::size_t bytes = capacity_ * 2 * sizeof(Level);
    void* grown = out_.context().heap().grow_block(
        spilled_, spilled_bytes_, spilled_bytes_ == 0 ? 0 : depth_ * sizeof(Level), bytes);
    if (grown == nullptr) return out_.context().out_of_memory();
    if (spilled_ == nullptr) std::copy_n(inline_, depth_, static_cast<Level*>(grown));
    spilled_ = grown;
    spilled_bytes_ = bytes;
    levels_ = static_cast<Level*>(grown);
    capacity_ = bytes / sizeof(Level);
  }
  if (is_list(container) || is_dict(container)) object->flags |= Object::kVisited;
  levels_[depth_++] = {.container = container, .position = 0, .printed = 0};
  return out_.append(open);
}

bool ReprWriter::close() {
  Value container = top().container;
  bool single = is_tuple(container) && as_tuple(container)->length == 1;
  leave();
  if (is_list(container)) return out_.append("]");
  if (is_dict(container)) return out_.append("}");
  if (is_set(container)) return out_.append("])");
  return out_.append(single ? ",)" : ")");
}

bool ReprWriter::advance() {
  Level& level = top();
  Object* object = level.container.as_object();
  Value item;
  if (object->type == Type::kDict || object->type == Type::kSet || object->type == Type::kStruct) {
    const Entry* entry = table_next(*static_cast<Table*>(object), level.position);
    if (entry == nullptr) return close();
    if (level.printed++ > 0 && !out_.append(", ")) return false;
    if (object->type == Type::kSet) return begin(entry->key);
    // A key is written whole before its value: keys nest no deeper than hashing allows.
    if (object->type == Type::kStruct) {
      return out_.append(text_of(entry->key)) && out_.append(" = ") && begin(entry->value);
    }
    ReprWriter key(out_, stop_at_);
    Value value = entry->value;
    return key.write(entry->key) && out_.append(": ") && begin(value);
  }
  if (level.position == object->length) return close();
  item = object->type == Type::kList ? static_cast<List*>(object)->items[level.position]
                                     : static_cast<Tuple*>(object)->items()[level.position];
  ++level.position;
  if (level.printed++ > 0 && !out_.append(", ")) return false;
  return begin(item);
}

bool ReprWriter::begin(Value value) {
  if (!out_.context().charge(1)) return false;
  switch (type_of(value)) {
    case Type::kNone:
      return out_.append("None");
    case Type::kBool:
      return out_.append(value.as_bool() ? "True" : "False");
    case Type::kInt:
    case Type::kFloat: {
      if (value.is_small_int()) return append_small_int(out_, value.as_small_int());
      std::string digits;
      if (is_float(value)) {
        append_float(as_float(value), digits);
      } else {
        if (is_negative_int(value)) digits += '-';
        if (!append_int_digits(out_.context(), value, 10, digits)) return false;
      }
      return out_.append(digits);
    }
    case Type::kString:
      return write_quoted(text_of(value), false);
    case Type::kBytes:
      return out_.append("b") && write_quoted(as_bytes(value)->view(), !out_.context().strict());
    case Type::kList:
      return enter(value, "[");
    case Type::kTuple:
      return enter(value, "(");
    case Type::kDict:
      return enter(value, "{");
    case Type::kSet:
      return enter(value, "set([");
    case Type::kStruct:
      if (Value made_by = object_cast<Struct>(value)->constructor; !made_by.is_none()) {
        return begin(made_by) && enter(value, "(");
      }
      return enter(value, "struct(");
    case Type::kForeign:
      return object_cast<Foreign>(value)->foreign->write(out_, value);
    case Type::kRange: {
      Range* range = as_range(value);
      if (range->start == 0 && range->step == 1) {
        return out_.append(fmt::format("range({})", range->stop));
      }
      if (range->step != 1) {
        return out_.append(
            fmt::format("range({}, {}, {})", range->start, range->stop, range->step));
      }
      return out_.append(fmt::format("range({}, {})", range->start, range->stop));
    }
    case Type::kFunction:
      return out_.append(fmt::format("<function {}>", object_cast<Function>(value)->proto->name));
    case Type::kBuiltin:
      return out_.append(fmt::format("<built-in function {}>", object_cast<Builtin>(value)->name));
    case Type::kBoundMethod: {
      auto* bound = object_cast<BoundMethod>(value);
      return out_.append(fmt::format("<built-in method {} of {} value>", bound->method->name,
                                     type_name(bound->self)));
    }
    case Type::kHostFunction:
      return out_.append("<built-in function>");
    case Type::kModule:
      return out_.append(fmt::format("<module \"{}\">", object_cast<NativeModule>(value)->name));
    default:
      return out_.append("<internal>");
  }
}

// What cannot be seen: control characters, spaces other than ' ', marks of direction and the like.
bool is_invisible(char32_t c) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr Range kInvisible[] = {
      {0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},     {0x1680, 0x1680},
      {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},   {0x3000, 0x3000},
      {0xe000, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff},
  };
  const auto* const after = std::ranges::upper_bound(kInvisible, c, {}, &Range::first);
  return after != std::begin(kInvisible) && c <= (after - 1)->last;
}

// The escape for what cannot stand as it is in quotes; "" for what can. `c` lies in `bytes`, which
// are no UTF-8 where `c` is U+FFFD and they are one.
std::string escape_of(char32_t c, std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\v':
      return "\\v";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (first < 0x80 || bytes.size() == 1)
    return first < 0x20 || first >= 0x7f ? fmt::format("\\x{:02x}", first) : std::string();
  if (!is_invisible(c)) return {};
  return c < 0x10000 ? fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c))
                     : fmt::format("\\U{:08x}", static_cast<std::uint32_t>(c));
}

// `single`: every byte for itself.
bool ReprWriter::write_quoted(std::string_view text, bool single) {
  if (!out_.context().charge_bytes(text.size()) || !out_.append('"')) return false;
  std::size_t plain = 0;  // begin of what needs no escape
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
      ++i;
      continue;
    }
    std::size_t next = i;
    const char32_t c = single ? byte : next_code_point(text, next);
    if (single) ++next;
    const std::string escape = escape_of(c, text.substr(i, next - i));
    if (!escape.empty()) {
      if (!out_.append(text.substr(plain, i - plain)) || !out_.append(escape)) return false;
      plain = next;
    }
    i = next;
  }
  return out_.append(text.substr(plain)) && out_.append('"');
}

}  // namespace

bool append_repr(StringBuilder& out, Value value) {
  return ReprWriter(out, static_cast<std::size_t>(-1)).write(value);
}

bool append_str(StringBuilder& out, Value value) {
  if (is_bytes(value)) {
    const std::string_view data = as_bytes(value)->view();
    if (!out.context().charge_bytes(data.size() * 4)) return false;
    return is_valid_utf8(data) ? out.append(data) : out.append(with_replacements(data));
  }
  if (!is_string(value)) return append_repr(out, value);
  return out.context().charge_bytes(text_of(value).size()) && out.append(text_of(value));
}

std::string short_repr(Context& context, Value value, std::size_t limit) {
  if (is_string(value) && text_of(value).size() > limit * 2) {
    return fmt::format("\"{}...\"", printable(truncate_utf8(text_of(value), limit)));
  }
  StringBuilder out(context);
  if (!ReprWriter(out, limit).write(value) || out.size() > limit * 2) {
    return fmt::format("{}...", truncate_utf8(out.view(), limit));
  }
  return std::string(out.view());
}

}  // namespace larkspur::starlark
