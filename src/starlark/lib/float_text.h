// Floats as text.
#pragma once

#include <string>

namespace larkspur::starlark {

// What str() and repr() give: the shortest decimal that reads back as the same double, always
// recognisable as a float: "1.0", "0.1", "1e+16", "1.5e-07", "+inf", "-inf", "nan". An exponent
// from 1e+16 on and below 1e-04: as Python has it, whose readers and writers scripts have in mind.
void append_float(double d, std::string& out);

struct FloatStyle {
  char conversion = 'g';   // e, f or g; E, F, G for upper case
  int precision = 6;       // digits after the point (e, f), significant digits (g); at most 4096
  bool alternate = false;  // '#': keep the point and, for g, trailing zeros
};
// |d| without a sign: "1.500000", "inf", "nan".
void append_float(double d, FloatStyle style, std::string& out);

// What %g without a precision writes, as starlark-go does: shortest digits of |d|, too, but an
// exponent from 1e+06 on.
void append_general_float(double d, bool upper, std::string& out);

}  // namespace larkspur::starlark
