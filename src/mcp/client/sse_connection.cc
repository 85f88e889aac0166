#include "mcp/client/sse_connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "mcp/client/http_body.h"
#include "mcp/client/sse_endpoint.h"

namespace larkspur::mcp {
namespace {

constexpr std::size_t kMaxPostAnswer = 64 * 1024;
// A POST is answered before the work is done ("202 Accepted"); the answer itself may take longer.
constexpr std::chrono::milliseconds kPostTime{30'000};
constexpr int kMaxRenewals = 2;  // for credentials that have run out, then for a scope

}  // namespace

SseConnection::SseConnection(Executor executor, net::HttpClient& http, HttpServerAddress address,
                             std::shared_ptr<Host> host)
    : executor_(executor),
      http_(http),
      address_(std::move(address)),
      host_(std::move(host)),
      stream_(executor, host_) {}

Async<Result<std::shared_ptr<SseConnection>>> SseConnection::open(
    Executor executor, net::HttpClient& http, HttpServerAddress address, std::shared_ptr<Host> host,
    SteadyClock::time_point deadline) {
  std::shared_ptr<SseConnection> connection(
      new SseConnection(executor, http, std::move(address), std::move(host)));
  if (auto found = co_await connection->find_endpoint(deadline); !found) {
    found.error().message = fmt::format("{}: {}", connection->place(), found.error().message);
    co_return fail(std::move(found.error()));
  }
  connection->reader_.start(executor, connection->read_events());
  co_return connection;
}

void SseConnection::start(ServerFacts facts) {
  facts_ = std::move(facts);
  if (host_->options().listen) watched_changed();
}

void SseConnection::watched_changed() {
  watched_.sync(executor_, shared_from_this(), host_);
}

Async<Result<void>> SseConnection::find_endpoint(SteadyClock::time_point deadline) {
  auto opened = co_await open_stream(deadline);
  if (!opened) co_return fail(opened.error());
  const net::HttpBodyStream& answer = **opened;
  if (answer.status() != 200 || !has_content_type(answer.headers(), "text/event-stream")) {
    co_return fail(ErrorCode::kProtocol,
                   fmt::format("GET did not open an event stream (HTTP {})", answer.status()));
  }
  events_ = std::make_unique<SseReader>(*std::move(opened), host_->options().max_message_bytes);
  auto first = co_await events_->next_of("endpoint", deadline);
  if (!first) co_return fail(first.error());
  if (!*first) co_return fail(ErrorCode::kProtocol, "its event stream ended without an endpoint");
  auto endpoint = resolve_endpoint(address_.url, (*first)->data);
  if (!endpoint) co_return fail(endpoint.error());
  endpoint_ = *std::move(endpoint);
  co_return Result<void>();
}

Async<Result<std::unique_ptr<net::HttpBodyStream>>> SseConnection::open_stream(
    SteadyClock::time_point deadline) {
  for (int times = 0;; ++times) {
    net::HttpRequest get = request("GET", address_.url.target);
    get.headers.set("Accept", "text/event-stream");
    const std::string used = authorization();
    auto opened = co_await http_.open(address_.url, std::move(get), deadline);
    if (!opened) co_return fail(opened.error());
    const auto again = co_await renew((*opened)->status(), (*opened)->headers(), used, times);
    if (!again) co_return fail(again.error());
    if (!*again) co_return *std::move(opened);
  }
}

Async<void> SseConnection::read_events() {
  const auto self = shared_from_this();
  for (;;) {
    auto event = co_await events_->next(kNever);
    if (!event || !*event) break;
    stream_.take(std::move((*event)->data), place(), [weak = weak_from_this()](std::string answer) {
      const auto connection = weak.lock();
      if (connection && !connection->lost_) connection->post_quietly(std::move(answer));
    });
  }
  end({ErrorCode::kClosed, place() + ": the event stream ended"});
  if (host_->options().listen) host_->lost();
}

Async<Exchange> SseConnection::exchange(const Ask& ask) {
  const auto self = shared_from_this();
  const std::int64_t id = host_->next_id();
  std::string text = request_text(host_->stamp(), text_of(ask, id));
  if (text.empty()) {
    co_return Exchange::failed(
        {ErrorCode::kInvalidArgument, "params and _meta must be JSON objects"});
  }
  if (lost_) co_return Exchange::failed(*lost_, Exchange::Then::kReplay);
  CallOptions::Facts unwanted;
  CallOptions::Facts& facts = ask.options.facts ? *ask.options.facts : unwanted;
  facts.request_id = std::to_string(id);
  facts.request_bytes = text.size();

  const CallInFlight in_flight{ask.options, std::make_shared<Patience>(ask.options.deadline)};
  const Host::Route route(*host_, id, in_flight);
  PendingCalls::Slot slot(stream_.pending(), executor_, id, in_flight.patience);
  const auto posted = std::make_shared<Posted>();
  // On whatever way the call ends without an answer, the server is told; but never of initialize.
  struct Notice {
    SseConnection* connection;
    std::int64_t id;
    ~Notice() {
      if (connection != nullptr && !connection->lost_) {
        connection->post_quietly(cancelled_text(id, "the caller gave up"));
      }
    }
  } notice{ask.method == "initialize" ? nullptr : this, id};
  // Beside the waiting: the answer may come before the POST's own.
  run_detached(executor_, post_request(id, std::move(text), ask.options.deadline, posted));
  CallReply reply = co_await slot.wait();
  if (reply || (reply.error().error.code != ErrorCode::kTimeout &&
                reply.error().error.code != ErrorCode::kCancelled)) {
    notice.connection = nullptr;
  }
  facts.http_status = posted->status;
  if (reply) facts.response_bytes = reply->size();
  const bool replay = !reply && posted->not_taken;
  co_return Exchange{std::move(reply), replay ? Exchange::Then::kReplay : Exchange::Then::kKeep};
}

Async<void> SseConnection::post_request(std::int64_t id, std::string text,
                                        SteadyClock::time_point deadline,
                                        std::shared_ptr<Posted> posted) {
  const auto self = shared_from_this();
  auto sent = co_await post(std::move(text), deadline, *posted);
  if (sent) co_return;
  // A POST that is never answered may have been taken all the same: the call's deadline decides.
  if (sent.error().code == ErrorCode::kTimeout) co_return;
  stream_.pending().answer(id, std::unexpected(CallError{sent.error(), std::nullopt}));
  if (posted->not_taken) end(std::move(sent.error()));
}

Async<Result<void>> SseConnection::post(std::string text, SteadyClock::time_point deadline,
                                        Posted& posted) {
  deadline = std::min(deadline, SteadyClock::now() + kPostTime);
  for (int times = 0;; ++times) {
    net::HttpRequest message = request("POST", endpoint_.target);
    message.headers.set("Content-Type", "application/json");
    message.body = text;
    const std::string used = authorization();
    auto answer = co_await http_.send(endpoint_, std::move(message), deadline, kMaxPostAnswer);
    if (!answer) {
      co_return fail(answer.error().code, fmt::format("{}: {}", place(), answer.error().message));
    }
    posted.status = answer->status;
    if (answer->status >= 200 && answer->status <= 299) co_return Result<void>();
    const auto again = co_await renew(answer->status, answer->headers, used, times);
    if (!again) co_return fail(again.error());
    if (*again) continue;
    // The server knows this stream no more, so it cannot have begun.
    posted.not_taken = answer->status == 404;
    co_return fail(status_error(answer->status, answer->headers, place(), answer->body));
  }
}

Async<Result<void>> SseConnection::tell(std::string text, SteadyClock::time_point deadline) {
  const auto self = shared_from_this();
  if (lost_) co_return fail(*lost_);
  Posted posted;
  co_return co_await post(std::move(text), deadline, posted);
}

void SseConnection::post_quietly(std::string text) {
  const auto work = [](std::shared_ptr<SseConnection> self, std::string message) -> Async<void> {
    const auto told = co_await self->tell(std::move(message), kNever);
    if (!told) self->host_->log("a notice did not reach the server: " + told.error().message);
  };
  if (!host_->gone()) run_detached(executor_, work(shared_from_this(), std::move(text)));
}

Async<Result<bool>> SseConnection::renew(int status, const net::Headers& answer, std::string used,
                                         int times) {
  if ((status != 401 && status != 403) || address_.credentials == nullptr || times == kMaxRenewals)
    co_return false;
  std::string challenge(answer.get("WWW-Authenticate"));
  auto renewed = co_await address_.credentials->renew(status, std::move(challenge), used);
  if (!renewed) co_return fail(ErrorCode::kUnauthenticated, renewed.error().message);
  co_return true;
}

std::string SseConnection::authorization() const {
  return address_.credentials != nullptr ? address_.credentials->authorization() : std::string();
}

net::HttpRequest SseConnection::request(std::string_view method, std::string target) const {
  net::HttpRequest request{.method = std::string(method),
                           .target = std::move(target),
                           .headers = address_.headers,
                           .body = {}};
  std::string credentials = authorization();
  if (!credentials.empty()) request.headers.set("Authorization", std::move(credentials));
  return request;
}

void SseConnection::end(Error error) {
  if (lost_) return;
  lost_ = error;
  stream_.end(error);
  watched_.stop();
}

void SseConnection::stop() {
  end({ErrorCode::kCancelled, "the connection to " + place() + " was closed"});
  // It holds a reference to this; with the last one goes the stream.
  reader_.stop();
}

Async<void> SseConnection::close() {
  stop();
  co_return;
}

std::string SseConnection::place() const {
  return address_.url.origin() + address_.url.target.substr(0, address_.url.target.find('?'));
}

}  // namespace larkspur::mcp
