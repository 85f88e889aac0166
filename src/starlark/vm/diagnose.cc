#include "starlark/vm/diagnose.h"

#include <fmt/format.h>

#include "base/text.h"

namespace larkspur::starlark {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The end of the quoted text that begins at `open`, behind its closing quote.
std::size_t skip_quoted(std::string_view text, std::size_t open) {
  std::size_t i = open + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return std::min(i + 1, text.size());
}

}  // namespace

std::string without_values(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  for (std::size_t i = 0; i < message.size();) {
    if (message[i] == '"') {
      out += "\"...\"";
      i = skip_quoted(message, i);
    } else if (is_digit(message[i]) && (i == 0 || !is_word(message[i - 1]))) {
      out += 'N';
      while (i < message.size() && is_digit(message[i])) ++i;
    } else {
      out += message[i++];
    }
  }
  return out;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.size() < 2) return {};  // everything is near
  auto near = nearest(name, candidates);
  return near ? fmt::format("did you mean {}?", *near) : std::string();
}

}  // namespace larkspur::starlark
