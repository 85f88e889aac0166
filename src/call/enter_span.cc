#include "call/enter_span.h"

#include "execlog/recording.h"

namespace larkspur::call {

void enter_span(CallContext& context, const TraceContext& span) {
  if (context.record != nullptr && span.valid()) {
    const bool has_parent = context.trace.valid() && context.trace.trace_id == span.trace_id;
    context.record->set_trace(
        span.trace_id_digits(), span.span_id_digits(),
        has_parent ? execlog::SpanId(context.trace.span_id_digits()) : execlog::SpanId());
  }
  context.trace = span;
}

}  // namespace larkspur::call
