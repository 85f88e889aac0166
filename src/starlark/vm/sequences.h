// The operators of text and containers; arithmetic.cc asks here for what is no number.
#pragma once

#include "starlark/vm/operations.h"

namespace larkspur::starlark {

// REQUIRES: is_int(a) and is_int(b).
Value integer_operation(Context& context, BinaryOp op, Value a, Value b);

// a + b, a * n, a | b, ...: missing() where the operator does not exist for these types.
Value container_operation(Context& context, BinaryOp op, Value a, Value b);
// The forms that change `a` and give it back; missing() where there is none.
Value container_operation_in_place(Context& context, BinaryOp op, Value a, Value b);

}  // namespace larkspur::starlark
