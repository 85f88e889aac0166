// Between numbers and their text, on a script's heap and budget.
#pragma once

#include <string>
#include <string_view>

#include "starlark/lib/bigint.h"
#include "starlark/vm/context.h"

namespace larkspur::starlark {

// Stops work on large ints when the script is cancelled or out of time; the context has the error
// then. REQUIRES: the work was charged, and `context` outlives it.
bigint::Watch watch_of(Context& context);

// The int that `digits` (no sign, no prefix) spell in `base`. missing() where they spell none;
// failed() where it is beyond the cap or the budget; `what` begins that message ("int").
Value parse_int(Context& context, std::string_view digits, unsigned base, bool negative,
                std::string_view what);

// Longer is no float: reading it cannot be stopped.
inline constexpr std::size_t kMaxFloatBytes = 1u << 20;
// A float's text without white space around it, as float() takes it: "1.5", "-.5e3", "+inf", "NaN".
// False where it is none. What is too large becomes an infinity.
bool parse_float(std::string_view text, double& out);

// The digits of |value| in `base`, lower case. Charges. REQUIRES: value is an int.
bool append_int_digits(Context& context, Value value, unsigned base, std::string& out);
// The same with the sign, in base 10, of an int that is no object.
bool append_small_int(StringBuilder& out, std::int64_t i);
bool is_negative_int(Value value);  // REQUIRES: value is an int

// An int or a float as a double; ints too large for one are an error ("int too large to convert to
// float"). REQUIRES: value is an int or a float.
bool to_double(Context& context, Value value, double& out);

// The integral part of a float; an error for infinities and NaN.
Value int_from_double(Context& context, double d, std::string_view what);

}  // namespace larkspur::starlark
