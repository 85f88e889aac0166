// The _meta of requests, on its way from a client to a backend. Keys that the protocol reserves
// belong to one hop only and are taken out; everybody else's keys pass as they are; the trace
// context is ours.
#pragma once

#include <string>
#include <string_view>

#include "call/trace_context.h"
#include "json/value.h"

namespace larkspur::gateway {

// The client's own members as a raw object, or "" when there are none.
std::string forwarded_meta(json::Value client_meta);

// The trace context that a client sent in _meta.traceparent and _meta.tracestate; invalid when
// there is none or it is malformed.
call::TraceContext trace_from_meta(json::Value client_meta);

// `meta` (a raw object or "") with traceparent and tracestate added where `trace` is valid.
std::string meta_with_trace(std::string_view meta, const call::TraceContext& trace);

}  // namespace larkspur::gateway
