#include "mcp/client/peer_requests.h"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <optional>

#include "json/scan.h"
#include "mcp/client/outgoing.h"

namespace larkspur::mcp {
namespace {

constexpr std::size_t kMaxUnderWay = 16;

// What needs nobody: a ping; and the gateway itself has no roots, for servers that ask for them
// when no call is in flight.
std::optional<RpcResult> answer_at_once(std::string_view method, bool offers, bool has_call) {
  if (method == "ping") return "{}";
  if (!offers) {
    return rpc_fail(rpc::kMethodNotFound, "this client does not offer " + quoted(method, 60));
  }
  if (has_call) return std::nullopt;
  if (method == "roots/list") return R"({"roots":[]})";
  return rpc_fail(rpc::kInternalError,
                  fmt::format("{}: no call is in flight that this request can only belong to",
                              quoted(method, 60)));
}

}  // namespace

struct PeerRequests::State {
  Executor executor;
  std::shared_ptr<Host> host;
  std::map<std::string, std::unique_ptr<asio::cancellation_signal>, std::less<>> under_way;
};

PeerRequests::PeerRequests(Executor executor, std::shared_ptr<Host> host)
    : state_(std::make_shared<State>(executor, std::move(host))) {}

PeerRequests::~PeerRequests() {
  stop();
}

void PeerRequests::take(const Incoming& request, const CallInFlight* call, Send send) {
  if (state_->host->gone()) return;
  if (call == nullptr) call = state_->host->only_callers_call();
  const bool has_call = call != nullptr && call->options.on_request;
  const bool offers = state_->host->options().capabilities != "{}";
  if (const auto answer = answer_at_once(request.method, offers, has_call)) {
    return send(reply_text(request.id, *answer));
  }
  if (state_->under_way.size() >= kMaxUnderWay || state_->under_way.contains(request.id)) {
    return send(reply_text(request.id, rpc_fail(rpc::kInternalError, "too many requests at once")));
  }

  std::string id(request.id);
  auto& signal = state_->under_way[id] = std::make_unique<asio::cancellation_signal>();
  // The lambda's captures die with it, so everything is a parameter.
  const auto work = [](std::function<Async<RpcResult>(std::string, std::string)> answer,
                       std::string method, std::string params,
                       std::shared_ptr<Patience> patience) -> Async<RpcResult> {
    std::optional<Patience::Pause> pause;
    if (patience) pause.emplace(std::move(patience));
    co_return co_await answer(std::move(method), std::move(params));
  };
  const auto done = [state = state_, id, send = std::move(send)](const std::exception_ptr& error,
                                                                 const RpcResult& result) {
    // Asio looks at the signal once more after this handler; it goes a moment later.
    const auto place = state->under_way.find(id);
    asio::post(state->executor, [kept = std::shared_ptr(std::move(place->second))] {});
    state->under_way.erase(place);
    // An exception says that the request was taken back, or that the call has ended.
    if (!error && !state->host->gone()) send(reply_text(id, result));
  };
  asio::co_spawn(
      state_->executor,
      work(call->options.on_request, request.method, std::string(request.params), call->patience),
      asio::bind_cancellation_slot(signal->slot(), done));
}

void PeerRequests::take_back(std::string_view params) {
  const auto members = json::scan_object(params);
  if (!members) return;
  const auto found = state_->under_way.find(json::find_member(*members, "requestId"));
  if (found != state_->under_way.end()) found->second->emit(asio::cancellation_type::terminal);
}

void PeerRequests::stop() {
  std::vector<asio::cancellation_signal*> signals;  // apart: what ends leaves the map
  for (const auto& [id, signal] : state_->under_way) signals.push_back(signal.get());
  for (asio::cancellation_signal* signal : signals) signal->emit(asio::cancellation_type::terminal);
}

}  // namespace larkspur::mcp
