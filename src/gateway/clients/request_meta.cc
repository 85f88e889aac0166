#include "gateway/clients/request_meta.h"

#include "json/writer.h"

namespace larkspur::gateway {

namespace {

// A prefix whose second label is `modelcontextprotocol` or `mcp` is the protocol's (mcp basic,
// _meta).
bool is_reserved(std::string_view key) {
  if (key == "progressToken" || key == "traceparent" || key == "tracestate") return true;
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view prefix = key.substr(0, slash);
  const std::size_t dot = prefix.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view rest = prefix.substr(dot + 1);
  const std::string_view second = rest.substr(0, rest.find('.'));
  return second == "modelcontextprotocol" || second == "mcp";
}

}  // namespace

std::string forwarded_meta(json::Value client_meta) {
  json::Writer writer;
  writer.begin_object();
  bool any = false;
  for (const auto [key, value] : client_meta.members()) {
    if (is_reserved(key)) continue;
    writer.key(key).raw(value.raw());
    any = true;
  }
  writer.end_object();
  return any ? writer.take() : std::string();
}

call::TraceContext trace_from_meta(json::Value client_meta) {
  const auto parsed = call::TraceContext::parse(client_meta["traceparent"].string(),
                                                client_meta["tracestate"].string());
  return parsed.value_or(call::TraceContext{});
}

std::string meta_with_trace(std::string_view meta, const call::TraceContext& trace) {
  if (!trace.valid()) return std::string(meta);
  std::string ours;
  ours.reserve(meta.size() + trace.state.size() + 112);
  ours.append(R"({"traceparent":")").append(trace.traceparent()) += '"';
  if (!trace.state.empty()) ours.append(R"(,"tracestate":)").append(json::quote(trace.state));
  if (meta.size() <= 2) return ours += '}';
  return (ours += ',').append(meta.substr(1));
}

}  // namespace larkspur::gateway
