// The little language of widths, signs and precisions that f-strings, str.format and % share.
#pragma once

#include <string>
#include <string_view>

#include "starlark/vm/operations.h"

namespace larkspur::starlark::lib {

// [[fill]align][sign][#][0][width][grouping][.precision][type]
struct FormatSpec {
  std::string_view fill = " ";  // one code point
  char align = 0;               // < > ^ =, or 0: as the type of the value has it
  char sign = '-';         // '-': only minus; '+', ' ': that before numbers that are not negative
  bool alternate = false;  // 0x, 0o, 0b in front
  char grouping = 0;       // , or _ between groups of digits
  int width = 0;
  int precision = -1;  // -1: not given
  char type = 0;       // 0: not given

  bool zero_padded() const { return align == '=' && fill == "0"; }
};

// Reads a spec as Python has it; records an error where it is none.
bool parse_format_spec(Context& context, std::string_view text, FormatSpec& out);
// Reads a number at the begin of `text` and removes it; false (with the error) beyond
// kMaxFormatWidth.
bool parse_format_size(Context& context, std::string_view& text, int& out);

// The parts of a formatted number: -, 0x, digits before the point, what follows them.
struct NumberText {
  std::string_view sign;
  std::string_view prefix;
  std::string_view digits;
  std::string_view rest;
};
bool append_number(StringBuilder& out, const NumberText& number, const FormatSpec& spec);
// Text cut to the precision and padded to the width; left-aligned unless the spec says so.
bool append_text(StringBuilder& out, std::string_view text, const FormatSpec& spec,
                 char default_align = '<');

// An int in base 10, or 2, 8, 16 for b, o, x, X.
bool append_int(StringBuilder& out, Value value, const FormatSpec& spec);
// A float by e, f, g, % and their upper cases. `digits`: the precision where the spec gives none.
bool append_real(StringBuilder& out, double d, const FormatSpec& spec);

}  // namespace larkspur::starlark::lib
