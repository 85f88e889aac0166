// What s.elems(), s.codepoints() and their like give in strict dialects: values that are iterated,
// not lists.
#pragma once

#include "starlark/vm/context.h"

namespace larkspur::starlark::lib {

enum class Elements : unsigned char { kElems, kElemOrds, kCodepoints, kCodepointOrds, kBytes };

// Over a string; kBytes: over a bytes value.
Value new_elements(Context& context, Elements kind, Value text);

}  // namespace larkspur::starlark::lib
