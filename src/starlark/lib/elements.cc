#include "starlark/lib/elements.h"

#include "starlark/vm/builtin.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/strings.h"

namespace larkspur::starlark::lib {
namespace {

const Value& text_value(const Value& self) {
  return object_cast<Foreign>(self)->fields()[0];
}

std::string_view text_in(const Value& self) {
  const Value& text = text_value(self);
  return is_bytes(text) ? as_bytes(text)->view() : text_of(text);
}

std::size_t count_bytes(Value self) {
  return text_in(self).size();
}
std::size_t count_points(Value self) {
  const std::string_view text = text_in(self);
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) next_code_point(text, i);
  return count;
}

template <bool kOrd>
Value byte_at(Value self, std::int64_t& position) {
  const std::string_view text = text_in(self);
  const auto i = static_cast<std::size_t>(position);
  if (i >= text.size()) return Value::missing();
  ++position;
  return kOrd ? Value::small_int(static_cast<unsigned char>(text[i]))
              : Value::inline_string(text.substr(i, 1));
}

template <bool kOrd>
Value point_at(Value self, std::int64_t& position) {
  const std::string_view text = text_in(self);
  auto i = static_cast<std::size_t>(position);
  if (i >= text.size()) return Value::missing();
  const std::size_t begin = i;
  const char32_t c = next_code_point(text, i);
  position = static_cast<std::int64_t>(i);
  if (kOrd) return Value::small_int(c);
  // A byte that is no UTF-8 gives the replacement character.
  if (c == 0xFFFD && i - begin == 1) return Value::inline_string("\xEF\xBF\xBD");
  return Value::inline_string(text.substr(begin, i - begin));
}

bool write_elems(StringBuilder& out, Value self) {
  return append_repr(out, text_value(self)) && out.append(".elems()");
}
bool write_elem_ords(StringBuilder& out, Value self) {
  return append_repr(out, text_value(self)) && out.append(".elem_ords()");
}
bool write_codepoints(StringBuilder& out, Value self) {
  return append_repr(out, text_value(self)) && out.append(".codepoints()");
}
bool write_codepoint_ords(StringBuilder& out, Value self) {
  return append_repr(out, text_value(self)) && out.append(".codepoint_ords()");
}

// In the order of the enumeration.
constexpr ForeignType kTypes[] = {
    {.name = "string.elems",
     .write = write_elems,
     .count = count_bytes,
     .element = byte_at<false>,
     .indexed = true},
    {.name = "string.elems",
     .write = write_elem_ords,
     .count = count_bytes,
     .element = byte_at<true>,
     .indexed = true},
    {.name = "string.codepoints",
     .write = write_codepoints,
     .count = count_points,
     .element = point_at<false>},
    {.name = "string.codepoints",
     .write = write_codepoint_ords,
     .count = count_points,
     .element = point_at<true>},
    {.name = "bytes.elems",
     .write = write_elems,
     .count = count_bytes,
     .element = byte_at<true>,
     .indexed = true},
};

}  // namespace

Value new_elements(Context& context, Elements kind, Value text) {
  return context.foreign(kTypes[static_cast<std::size_t>(kind)], {text});
}

}  // namespace larkspur::starlark::lib
