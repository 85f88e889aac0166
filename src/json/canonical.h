// One text for all spellings of the same JSON value, so that equal values have equal hashes:
// RFC 8785 (JCS) — no white space, members sorted by the UTF-16 units of their names, the shortest
// escapes, numbers as ECMAScript writes them. One thing is kept that JCS would round away: an
// integer written without fraction and exponent keeps all its digits.
#pragma once

#include <string>

#include "json/value.h"

namespace larkspur::json {

std::string canonical(Value value);

}  // namespace larkspur::json
