// Values as formatted text: f-strings, str.format and the % operator share this.
#pragma once

#include <string_view>

#include "starlark/vm/operations.h"

namespace larkspur::starlark {

// Widths and precisions beyond it are an error of the script.
inline constexpr int kMaxFormatWidth = 4096;

// What {value!conversion:spec} stands for. conversion: 'r' for repr, 's' for str, 0 for neither.
// spec as Python has it: [[fill]align][sign][#][0][width][,|_][.precision][type]; "" writes as
// str() does.
bool append_formatted(StringBuilder& out, Value value, char conversion, std::string_view spec);

}  // namespace larkspur::starlark
