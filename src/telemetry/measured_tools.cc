#include "telemetry/measured_tools.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "call/enter_span.h"
#include "telemetry/error_type.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/names.h"
#include "telemetry/span.h"

namespace larkspur::telemetry {

namespace {

constexpr std::string_view kMethod = "tools/call";
constexpr std::string_view kOperation = "execute_tool";
// Texts that a client says of itself are kept this long.
constexpr std::size_t kMaxClientText = 128;

// The name as labels and spans may have it. A name that nobody has is the client's (or a script's)
// own text, so it is not repeated.
std::string_view known_name(const call::CallContext& context) {
  return context.tool ? std::string_view(context.tool->name) : kOther;
}

bool is_pipe(const call::Caller& caller) {
  return caller.transport != "streamable_http";
}

void set_client_text(Span& span, std::string_view key, std::string_view text) {
  const bool plain = text.size() <= kMaxClientText &&
                     std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (plain) return span.set(key, text);  // nearly always
  span.set(key, printable(truncate_utf8(text, kMaxClientText)));
}

// A JSON-RPC id as text: "abc" without its quotes.
std::string_view bare_id(std::string_view raw) {
  if (raw.size() >= 2 && raw.front() == '"') return raw.substr(1, raw.size() - 2);
  return raw;
}

void describe_server_span(Span& span, const call::Caller& caller) {
  set_client_text(span, "jsonrpc.request.id", bare_id(caller.request_id));
  if (!caller.protocol_version.empty())
    set_client_text(span, "mcp.protocol.version", caller.protocol_version);
  if (!caller.session_id.empty()) span.set("mcp.session.id", caller.session_id);
  if (!caller.client_name.empty()) set_client_text(span, "mcp.client.name", caller.client_name);
  span.set("network.transport", is_pipe(caller) ? "pipe" : "tcp");
  if (!is_pipe(caller)) span.set("network.protocol.name", "http");
  if (!caller.client_address.empty()) span.set("client.address", caller.client_address);
}

void describe_inner_span(Span& span, const call::CallContext& context) {
  span.set("script.call_index", std::int64_t{context.call_index});
  const std::size_t slash = context.place.find('/');
  if (context.in_parallel && slash != std::string::npos) {
    span.set("script.parallel_task", std::string_view(context.place).substr(slash + 1));
  }
}

}  // namespace

// One call being measured: finished once, on whatever way out.
class MeasuredTools::Measurement {
 public:
  Measurement(MeasuredTools& owner, call::CallContext& context)
      : owner_(owner),
        context_(context),
        is_inner_(context.parent != nullptr),
        tool_(known_name(context)),
        span_(owner.with_.tracer, {kMethod, context.tool ? std::string_view(tool_) : ""},
              is_inner_ ? SpanKind::kInternal : SpanKind::kServer, context.trace, context.carrier) {
    if (owner.with_.tracer != nullptr) call::enter_span(context, span_.context());
    if (!span_.is_recording()) return;
    span_.set(owner.call_attributes_);
    span_.set("gen_ai.tool.name", tool_);
    if (is_inner_) {
      describe_inner_span(span_, context);
    } else {
      span_.set(owner.server_attributes_);
      describe_server_span(span_, context.caller);
    }
  }

  // A coroutine that is destroyed while it waits was abandoned.
  ~Measurement() { finish("cancelled"); }
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  // `error`: "" for success.
  void finish(std::string_view error) {
    if (finished_) return;
    finished_ = true;
    if (!error.empty()) span_.fail(error);
    span_.end();
    const bool pipe = is_pipe(context_.caller);
    const SeriesKey key{
        .name = tool_, .end = error, .number = (is_inner_ ? 1U : 0U) | (pipe ? 2U : 0U)};
    const Series series = owner_.series_.get(key, [&] { return make_series(error, pipe); });
    series.calls.add(1);
    if (series.duration) series.duration->record(seconds(stopwatch_.elapsed()));
  }

 private:
  Series make_series(std::string_view error, bool pipe) const {
    const Instruments& to = *owner_.with_.instruments;
    Series series{
        .calls = to.tool_calls.series(Labels()
                                          .add("server", owner_.server_name_)
                                          .add("tool", tool_)
                                          .add("status", error.empty() ? "success" : "error")
                                          .add("origin", is_inner_ ? "script" : "client")),
        .duration = {}};
    if (is_inner_) return series;
    series.duration =
        to.server_duration.series(Labels(owner_.operation_)
                                      .add("network.transport", pipe ? "pipe" : "tcp")
                                      .add("network.protocol.name", pipe ? "" : "http")
                                      .add("gen_ai.tool.name", tool_)
                                      .add("error.type", error));
    return series;
  }

  MeasuredTools& owner_;
  call::CallContext& context_;
  const bool is_inner_;
  const std::string tool_;
  Stopwatch stopwatch_;
  Span span_;
  bool finished_ = false;
};

MeasuredTools::MeasuredTools(call::ToolSource& next, Instrumentation with, std::string server_name)
    : next_(next), with_(with), server_name_(std::move(server_name)) {
  call_attributes_.add("mcp.method.name", kMethod).add("gen_ai.operation.name", kOperation);
  server_attributes_.add("rpc.system.name", "jsonrpc")
      .add("jsonrpc.protocol.version", "2.0")
      .add("mcp.server.name", server_name_);
  operation_.add("mcp.method.name", kMethod)
      .add("jsonrpc.protocol.version", "2.0")
      .add("gen_ai.operation.name", kOperation);
}

Async<call::CallReply> MeasuredTools::call(call::CallContext& context, std::string_view tool,
                                           std::string_view arguments) {
  Measurement measurement(*this, context);
  try {
    call::CallReply reply = co_await next_.call(context, tool, arguments);
    measurement.finish(context.denied ? "denied" : error_type(reply));
    co_return reply;
  } catch (...) {
    measurement.finish(error_type(std::current_exception()));
    throw;
  }
}

}  // namespace larkspur::telemetry
