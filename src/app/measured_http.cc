#include "app/measured_http.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "telemetry/instruments.h"
#include "telemetry/labels.h"
#include "telemetry/names.h"

namespace larkspur::app {

namespace {

// Every method of both eras that a client may send; anything else is a stranger's word.
constexpr std::array<std::string_view, 22> kMethods = {"initialize",
                                                       "ping",
                                                       "server/discover",
                                                       "subscriptions/listen",
                                                       "tools/list",
                                                       "tools/call",
                                                       "resources/list",
                                                       "resources/read",
                                                       "resources/templates/list",
                                                       "resources/subscribe",
                                                       "resources/unsubscribe",
                                                       "prompts/list",
                                                       "prompts/get",
                                                       "completion/complete",
                                                       "logging/setLevel",
                                                       "tasks/get",
                                                       "tasks/list",
                                                       "tasks/cancel",
                                                       "notifications/initialized",
                                                       "notifications/cancelled",
                                                       "notifications/progress",
                                                       "notifications/roots/list_changed"};

constexpr std::array<std::string_view, 4> kHttpMethods = {"GET", "POST", "DELETE", "OPTIONS"};

template <std::size_t N>
std::string_view known(const std::array<std::string_view, N>& names, std::string_view name) {
  if (name.empty()) return {};
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? telemetry::kOther : *found;
}

}  // namespace

// One request being measured; stands between the endpoint and the connection to see the answer.
class MeasuredHttp::Measurement final : public net::HttpResponder {
 public:
  Measurement(MeasuredHttp& owner, net::HttpRequest& request, net::HttpResponder& next)
      : owner_(owner), next_(next), method_(known(kHttpMethods, request.method)) {}

  ~Measurement() override {
    if (streams_) owner_.streams_.fetch_sub(1, std::memory_order_relaxed);
    std::string_view mcp_method = known(kMethods, asked.method);
    if (method_ == "GET") mcp_method = "sse_connection";
    const std::string_view name = mcp_method == "tools/call" ? asked.name : std::string_view();
    const telemetry::SeriesKey key{.name = name,
                                   .end = method_,
                                   .further = mcp_method,
                                   .number = static_cast<unsigned>(status_)};
    const Series* series = owner_.series_.find(key);
    const Series made = series != nullptr ? *series : make_series(key);
    made.requests.add(1);
    made.duration.record(telemetry::seconds(stopwatch_.elapsed()));
  }
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  Async<bool> send(net::HttpResponse response) override {
    status_ = response.status;
    return next_.send(std::move(response));
  }
  Async<bool> start_stream(int status, net::Headers headers) override {
    status_ = status;
    streams_ = true;
    owner_.streams_.fetch_add(1, std::memory_order_relaxed);
    return next_.start_stream(status, std::move(headers));
  }
  Async<bool> write(std::string_view piece) override { return next_.write(piece); }
  bool answered() const override { return next_.answered(); }
  Async<void> peer_left() override { return next_.peer_left(); }
  void cancel_when_peer_leaves() override { next_.cancel_when_peer_leaves(); }

  mcp::Asked asked;

 private:
  Series make_series(telemetry::SeriesKey key) const {
    const bool known_tool = key.name.empty() || owner_.finder_.find(key.name);
    const auto labels = telemetry::Labels()
                            .add("method", method_)
                            .add("status_code", std::to_string(status_))
                            .add("status", status_ >= 400 || status_ == 0 ? "error" : "success")
                            .add("mcp_method", key.further)
                            .add("mcp_resource_id", known_tool ? key.name : telemetry::kOther)
                            .add("server", owner_.server_name_)
                            .add("transport", "streamable-http");
    const telemetry::Instruments& to = *owner_.with_.instruments;
    const Series made{to.requests.series(labels), to.request_duration.series(labels)};
    if (known_tool) owner_.series_.keep(key, made);
    return made;
  }

  MeasuredHttp& owner_;
  net::HttpResponder& next_;
  std::string_view method_;
  Stopwatch stopwatch_;
  int status_ = 0;  // nobody was there any more to be answered
  bool streams_ = false;
};

Async<void> MeasuredHttp::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  Measurement measurement(*this, request, responder);
  co_await next_.handle(request, measurement, &measurement.asked);
}

}  // namespace larkspur::app
