#include "mcp/client/http_connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mcp/client/handshake.h"
#include "mcp/client/http_body.h"
#include "mcp/client/sse_connection.h"

namespace larkspur::mcp {
namespace {

constexpr std::size_t kMaxRefusalBytes = 64 * 1024;
constexpr std::chrono::milliseconds kNoticeTime{5'000};  // for what nobody waits for

bool is_session_id(std::string_view id) {
  return std::ranges::all_of(id, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

// Tells a legacy server that nobody waits for the answer any more, on whatever way the call ends
// without one. (In the modern era closing the answer's stream says it.)
class HttpConnection::CancelNotice {
 public:
  CancelNotice(std::shared_ptr<HttpConnection> connection, const Call& call)
      : connection_(std::move(connection)),
        id_(call.id),
        armed_(call.ask.era == Era::kLegacy && !call.is_handshake()) {}
  CancelNotice(const CancelNotice&) = delete;
  CancelNotice& operator=(const CancelNotice&) = delete;

  ~CancelNotice() {
    if (!armed_ || connection_->host_->gone()) return;
    run_detached(connection_->executor_,
                 connection_->post_quietly(cancelled_text(id_, "the caller gave up")));
  }

  void disarm_unless_gave_up(const CallReply& reply) {
    if (reply || (reply.error().error.code != ErrorCode::kTimeout &&
                  reply.error().error.code != ErrorCode::kCancelled)) {
      armed_ = false;
    }
  }

 private:
  std::shared_ptr<HttpConnection> connection_;
  std::int64_t id_;
  bool armed_;
};

HttpConnection::HttpConnection(Executor executor, net::HttpClient& http, HttpServerAddress address,
                               std::shared_ptr<Host> host)
    : executor_(executor),
      http_(http),
      address_(std::move(address)),
      host_(std::move(host)),
      requests_(executor, host_) {}

void HttpConnection::start(ServerFacts facts) {
  facts_ = std::move(facts);
  // A legacy server may ask on this stream what belongs to a call of this very session.
  if (host_->options().listen || facts_.era == Era::kLegacy) start_listening();
  if (host_->options().listen && facts_.era == Era::kLegacy) watched_changed();
}

void HttpConnection::stop() {
  listener_->stop();
  watched_.stop();
  requests_.stop();
}

Async<Exchange> HttpConnection::exchange(const Ask& ask) {
  const auto self = shared_from_this();
  CallOptions::Facts unwanted;
  const Call call{ask,
                  host_->next_id(),
                  ask.options.facts ? *ask.options.facts : unwanted,
                  {ask.options, std::make_shared<Patience>(ask.options.deadline)}};
  std::string body = request_text(host_->stamp(), text_of(ask, call.id));
  if (body.empty()) {
    co_return Exchange::failed(
        {ErrorCode::kInvalidArgument, "params and _meta must be JSON objects"});
  }
  call.facts.request_id = std::to_string(call.id);
  call.facts.request_bytes = body.size();

  const Host::Route route(*host_, call.id, call.in_flight);
  CancelNotice notice(self, call);
  Exchange exchange = co_await send(call, std::move(body));
  notice.disarm_unless_gave_up(exchange.reply);
  co_return exchange;
}

Async<Exchange> HttpConnection::send(Call call, std::string body) {
  return address_.credentials == nullptr ? send_once(call, std::move(body))
                                         : send_with_credentials(call, std::move(body));
}

Async<Exchange> HttpConnection::send_with_credentials(Call call, std::string body) {
  Credentials* const credentials = address_.credentials;
  // Twice is enough: for credentials that have run out, then for a scope that they lacked.
  for (int renewals = 0;; ++renewals) {
    const std::string used = credentials->authorization();
    Refusal refusal;
    Exchange exchange = co_await send_once(call, body, &refusal);
    if (refusal.status == 0 || renewals == 2) co_return exchange;
    const auto renewed =
        co_await credentials->renew(refusal.status, std::move(refusal.challenge), used);
    if (!renewed) {
      co_return Exchange::failed(
          {ErrorCode::kUnauthenticated, fmt::format("{}: {}", place(), renewed.error().message)});
    }
  }
}

Async<Exchange> HttpConnection::send_once(Call call, std::string body, Refusal* refusal) {
  net::HttpRequest request = post(call.ask.era, call.ask.method, call.ask.name, std::move(body));
  for (const auto& [name, value] : call.ask.options.headers) request.headers.set(name, value);
  auto opened = co_await http_.open(address_.url, std::move(request), call.deadline());
  if (!opened) co_return transport_failed(std::move(opened.error()));

  std::unique_ptr<net::HttpBodyStream> answer = *std::move(opened);
  const int status = answer->status();
  call.facts.http_status = status;
  if (refusal != nullptr && (status == 401 || status == 403)) {
    *refusal = {status, std::string(answer->headers().get("WWW-Authenticate"))};
  }
  if (status < 200 || status > 299) co_return co_await read_refusal(call, *answer);
  if (call.ask.method == "initialize") {
    const std::string_view id = answer->headers().get("Mcp-Session-Id");
    if (is_session_id(id)) session_id_ = id;
  }
  if (has_content_type(answer->headers(), "text/event-stream")) {
    co_return co_await read_events(call, std::move(answer));
  }
  co_return co_await read_json(call, *answer);
}

Async<Exchange> HttpConnection::read_json(Call call, net::HttpBodyStream& body) {
  auto text = co_await read_body(body, host_->options().max_message_bytes, call.deadline());
  if (!text) co_return Exchange::failed(std::move(text.error()));
  call.facts.response_bytes = text->size();
  if (auto reply = take_message(&call, *text)) co_return Exchange{*std::move(reply)};
  co_return Exchange::failed(
      {ErrorCode::kProtocol,
       fmt::format("{} answered HTTP {} with something else than the response to {}: {}", place(),
                   body.status(), call.ask.method, quoted(*text, 120))});
}

Async<Exchange> HttpConnection::read_refusal(Call call, net::HttpBodyStream& body) {
  const auto text = co_await read_body(body, kMaxRefusalBytes, call.deadline());
  call.facts.response_bytes = text ? text->size() : 0;
  co_return refused(call, body, text ? std::string_view(*text) : std::string_view());
}

Exchange HttpConnection::refused(const Call& call, const net::HttpBodyStream& answer,
                                 std::string_view body) {
  using enum Exchange::Then;
  const int status = answer.status();
  const std::optional<RpcError> rpc = error_in(body);
  const Error error = status_error(status, answer.headers(), place(), body);

  if (call.ask.method == "initialize") {
    const bool is_modern = rpc && rpc->code == rpc::kUnsupportedVersion;
    refused_initialize_ = !is_modern && (status == 400 || status == 404 || status == 405);
  }
  // What intermediaries say, too, is no word of the server's, whatever the body looks like.
  if (status == 401 || status == 403) return Exchange::failed(error);
  if (call.is_handshake() && error.code == ErrorCode::kUnavailable) return Exchange::failed(error);

  if (call.ask.era == Era::kLegacy && !call.is_handshake() && loses_session(status, rpc)) {
    return Exchange::failed(*lost_, kReplay);
  }
  if (rpc) {
    const bool outdated = rpc->code == rpc::kUnsupportedVersion;  // the server has been upgraded
    return {std::unexpected(CallError{describe(*rpc), *rpc}), outdated ? kReconnect : kKeep};
  }
  return Exchange::failed(error, status == 404 || status == 405 ? kReconnect : kKeep);
}

// Servers should answer 404; those of a widespread SDK answer 400 and speak of the session.
bool HttpConnection::loses_session(int status, const std::optional<RpcError>& rpc) {
  if (session_id_.empty()) return false;
  const bool spoken_of = status == 400 && rpc &&
                         (rpc->code == rpc::kServerError || rpc->code == rpc::kSessionNotFound) &&
                         to_lower(rpc->message).contains("session");
  if (status != 404 && !spoken_of) return false;
  lost_ = Error{ErrorCode::kClosed, place() + " has lost our session"};
  return true;
}

Exchange HttpConnection::transport_failed(Error error) const {
  const bool unreachable = error.code == ErrorCode::kUnavailable;
  error.message = fmt::format("{}: {}", place(), error.message);
  return Exchange::failed(std::move(error),
                          unreachable ? Exchange::Then::kReconnect : Exchange::Then::kKeep);
}

Async<Result<void>> HttpConnection::tell(std::string text, SteadyClock::time_point deadline) {
  const auto self = shared_from_this();
  auto answer = co_await http_.send(address_.url, post(Era::kLegacy, "", "", std::move(text)),
                                    deadline, kMaxRefusalBytes);
  if (!answer) co_return fail(answer.error());
  if (answer->status < 200 || answer->status > 299) {
    co_return fail(status_error(answer->status, answer->headers, place(), answer->body));
  }
  co_return Result<void>();
}

Async<void> HttpConnection::post_quietly(std::string text) {
  const auto self = shared_from_this();
  const auto told = co_await tell(std::move(text), SteadyClock::now() + kNoticeTime);
  if (!told) host_->log("a notice did not reach the server: " + told.error().message);
}

Async<void> HttpConnection::close() {
  const auto self = shared_from_this();
  stop();
  if (session_id_.empty() || lost_) co_return;
  net::HttpRequest request{
      .method = "DELETE", .target = address_.url.target, .headers = headers(Era::kLegacy)};
  // 405 is a fine answer: the server ends its sessions itself.
  co_await http_.send(address_.url, std::move(request), SteadyClock::now() + kNoticeTime,
                      kMaxRefusalBytes);
}

net::Headers HttpConnection::headers(Era era) const {
  net::Headers headers = address_.headers;
  if (address_.credentials != nullptr) {
    std::string authorization = address_.credentials->authorization();
    if (!authorization.empty()) headers.set("Authorization", std::move(authorization));
  }
  if (era == Era::kModern) {
    headers.set("MCP-Protocol-Version", std::string(kModernVersion));
    return headers;
  }
  if (!facts_.protocol_version.empty())
    headers.set("MCP-Protocol-Version", facts_.protocol_version);
  if (!session_id_.empty()) headers.set("Mcp-Session-Id", session_id_);
  return headers;
}

net::HttpRequest HttpConnection::post(Era era, std::string_view method, std::string_view name,
                                      std::string body) const {
  net::HttpRequest request{.method = "POST",
                           .target = address_.url.target,
                           .headers = headers(era),
                           .body = std::move(body)};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json, text/event-stream");
  if (era == Era::kModern) {
    request.headers.set("Mcp-Method", std::string(method));
    if (!name.empty()) request.headers.set("Mcp-Name", header_value(name));
  }
  return request;
}

std::string HttpConnection::place() const {
  return address_.url.origin() + address_.url.target.substr(0, address_.url.target.find('?'));
}

Async<Result<std::shared_ptr<Connection>>> HttpDialer::dial(SteadyClock::time_point deadline) {
  if (address_.sse) co_return co_await dial_sse(deadline, std::nullopt);
  const auto connection = std::make_shared<HttpConnection>(executor_, http_, address_, host_);
  auto facts = co_await shake_hands(*connection, host_->stamp(), {.deadline = deadline});
  if (!facts) {
    if (!connection->refused_initialize()) co_return fail(facts.error());
    co_return co_await dial_sse(deadline, std::move(facts.error()));
  }
  connection->start(*std::move(facts));
  co_return connection;
}

Async<Result<std::shared_ptr<Connection>>> HttpDialer::dial_sse(SteadyClock::time_point deadline,
                                                                std::optional<Error> because) {
  auto opened = co_await SseConnection::open(executor_, http_, address_, host_, deadline);
  if (!opened) co_return fail(because ? *std::move(because) : std::move(opened.error()));
  const std::shared_ptr<SseConnection> connection = *std::move(opened);
  auto facts =
      co_await shake_hands(*connection, host_->stamp(), {.deadline = deadline, .probe = false});
  if (!facts) {
    connection->stop();
    co_return fail(facts.error());
  }
  facts->sse = true;
  connection->start(*std::move(facts));
  co_return connection;
}

}  // namespace larkspur::mcp
