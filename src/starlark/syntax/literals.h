// What literals stand for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"

namespace larkspur::starlark {

// The text between the quotes of a string or bytes literal that begins at `offset` of the source,
// with its escapes replaced and CR LF made LF. Without either it is `raw` itself, else it lies in
// `arena`. nullopt after an error.
struct StringStyle {
  bool raw = false;    // r"": backslashes stand for themselves
  bool bytes = false;  // b"": escapes make bytes, not code points
};
std::optional<std::string_view> decode_string(std::string_view raw, StringStyle style,
                                              std::uint32_t offset, Arena& arena, Errors& errors);

struct Number {
  enum class Kind : std::uint8_t { kInt, kBigInt, kFloat, kInvalid };
  Kind kind = Kind::kInvalid;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view digits;  // kBigInt: without underscores, with its 0x, 0o or 0b
};
// A number as the lexer delimits it. kInvalid for a float too large.
Number decode_number(std::string_view text, Arena& arena);

}  // namespace larkspur::starlark
