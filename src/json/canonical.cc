#include "json/canonical.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "json/writer.h"

namespace larkspur::json {

namespace {

// UTF-16 has the characters beyond U+FFFF, whose UTF-8 begins with F0 to F4, before U+E000 to
// U+FFFF, whose UTF-8 begins with EE or EF. Everywhere else the order is that of the bytes.
bool comes_before(std::string_view a, std::string_view b) {
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : static_cast<int>(byte);
  };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

// Number::toString of ECMAScript: the shortest digits, a plain number from 1e-6 up to 1e21.
std::string ecmascript(double value) {
  if (value == 0) return "0";
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value),
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  std::erase(digits, '.');
  int exponent = 0;  // of the first digit
  const std::string_view written = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  std::from_chars(written.data(), end, exponent);

  const int count = static_cast<int>(digits.size());
  std::string out = value < 0 ? "-" : "";
  if (exponent >= 21 || exponent < -6) {
    out += digits.front();
    if (count > 1) out += "." + digits.substr(1);
    return out + (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;  // digits before the point
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string number(Value value) {
  const std::string_view raw = value.raw();
  if (raw.find_first_of(".eE") != std::string_view::npos)
    return ecmascript(value.number().value_or(0));
  return raw == "-0" ? "0" : std::string(raw);
}

void write(Value value, Writer& out) {  // as deep as a Document may be: kMaxDepth
  switch (value.type()) {
    case Type::kObject: {
      std::vector<std::pair<std::string_view, Value>> members;
      members.reserve(value.size());
      for (const auto member : value.members()) members.push_back(member);
      std::ranges::sort(members, comes_before, [](const auto& member) { return member.first; });
      out.begin_object();
      for (const auto& [name, member] : members) write(member, out.key(name));
      out.end_object();
      return;
    }
    case Type::kArray:
      out.begin_array();
      for (const Value element : value.elements()) write(element, out);
      out.end_array();
      return;
    case Type::kString:
      out.string(value.string());
      return;
    case Type::kNumber:
      out.raw(number(value));
      return;
    case Type::kBool:
    case Type::kNull:
      out.raw(value.raw());
      return;
  }
}

}  // namespace

std::string canonical(Value value) {
  Writer out(value.raw().size());
  write(value, out);
  return out.take();
}

}  // namespace larkspur::json
