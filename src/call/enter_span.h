// Where a span and the record of the same call get to know each other.
#pragma once

#include "call/call_context.h"

namespace larkspur::call {

// Makes `span` what surrounds the call from here on, and writes it and the span that surrounded the
// call so far into its record.
void enter_span(CallContext& context, const TraceContext& span);

}  // namespace larkspur::call
