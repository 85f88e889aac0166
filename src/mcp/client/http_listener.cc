// The stream that stays open for what the server says of its own accord: a GET in the legacy era,
// subscriptions/listen in the modern one.
#include <fmt/format.h>

#include "mcp/client/http_body.h"
#include "mcp/client/http_connection.h"
#include "mcp/client/listen_filter.h"

namespace larkspur::mcp {
namespace {

constexpr std::chrono::milliseconds kFirstPause{1'000};
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::size_t kMaxRefusalBytes = 64 * 1024;
constexpr std::chrono::milliseconds kRefusalTime{5'000};

// How long two streams overlap when one takes the place of the other, so that nothing is missed.
constexpr std::chrono::milliseconds kOverlap{2'000};

}  // namespace

void HttpConnection::start_listening() {
  if (facts_.era == Era::kModern && listen_params(facts_.capabilities, host_->watched()).empty()) {
    return;
  }
  auto next = std::make_unique<Background>();
  next->start(executor_, listen());
  const std::shared_ptr<Background> last = std::exchange(listener_, std::move(next));
  run_detached(executor_, [](std::shared_ptr<Background>) -> Async<void> {
    co_await sleep_for(kOverlap);
  }(last));
}

void HttpConnection::watched_changed() {
  if (facts_.era == Era::kModern) return start_listening();
  watched_.sync(executor_, shared_from_this(), host_);
}

Async<void> HttpConnection::listen() {
  const auto self = shared_from_this();
  std::string last_event_id;
  auto pause = kFirstPause;
  for (bool first = true;; first = false) {
    const auto begin = SteadyClock::now();
    auto retry = kFirstPause;
    if (co_await listen_once(first, last_event_id, retry) == Ending::kNotOffered) co_return;
    if (SteadyClock::now() - begin > kLongestPause) pause = kFirstPause;  // it had worked
    co_await sleep_for(std::max(pause, retry));
    pause = std::min(pause * 2, kLongestPause);
  }
}

Async<HttpConnection::Ending> HttpConnection::listen_once(bool first, std::string& last_event_id,
                                                          std::chrono::milliseconds& retry) {
  const std::int64_t id = host_->next_id();
  const auto deadline = SteadyClock::now() + host_->options().connect_timeout;
  auto opened = co_await http_.open(address_.url, listen_request(id, last_event_id), deadline);
  if (!opened) co_return Ending::kBroken;
  if ((*opened)->status() != 200) co_return co_await listen_refused(**opened, last_event_id);
  if (!has_content_type((*opened)->headers(), "text/event-stream")) co_return Ending::kNotOffered;
  // What was said since the last stream broke is lost, unless the server goes on where it was.
  if (!first && last_event_id.empty()) host_->tools_may_have_changed();

  static const Ask kListen{.method = "subscriptions/listen"};
  CallOptions::Facts unwanted;
  const Call call{kListen, id, unwanted, {kListen.options, std::make_shared<Patience>(kNever)}};
  const bool modern = facts_.era == Era::kModern;
  SseReader events(*std::move(opened), host_->options().max_message_bytes);
  for (;;) {
    auto event = co_await events.next(kNever);
    retry = events.retry();
    if (!modern) last_event_id = events.last_event_id();
    if (!event || !*event) co_return Ending::kBroken;
    const auto reply = take_message(modern ? &call : nullptr, (*event)->data);
    if (reply) co_return reply->has_value() ? Ending::kBroken : Ending::kNotOffered;
  }
}

net::HttpRequest HttpConnection::listen_request(std::int64_t id,
                                                const std::string& last_event_id) const {
  if (facts_.era == Era::kModern) {
    return post(Era::kModern, "subscriptions/listen", "",
                request_text(host_->stamp(),
                             {Era::kModern, id, "subscriptions/listen",
                              listen_params(facts_.capabilities, host_->watched()), "", false}));
  }
  net::HttpRequest request{
      .method = "GET", .target = address_.url.target, .headers = headers(Era::kLegacy)};
  request.headers.set("Accept", "text/event-stream");
  if (!last_event_id.empty()) request.headers.set("Last-Event-ID", last_event_id);
  return request;
}

Async<HttpConnection::Ending> HttpConnection::listen_refused(net::HttpBodyStream& answer,
                                                             std::string& last_event_id) {
  const int status = answer.status();
  const auto body = co_await read_body(answer, kMaxRefusalBytes, SteadyClock::now() + kRefusalTime);
  // 409: the server holds our last stream to be open still.
  if (status >= 500 || status == 408 || status == 409 || status == 429) co_return Ending::kBroken;
  if (facts_.era == Era::kLegacy && loses_session(status, error_in(body.value_or("")))) {
    host_->lost();
    co_return Ending::kNotOffered;
  }
  if (status == 400 && !last_event_id.empty()) {
    last_event_id.clear();  // too old for the server; begin anew
    co_return Ending::kBroken;
  }
  if (status != 405) {
    host_->log(fmt::format("{}: no news of changes: HTTP {}", place(), status));
  }
  co_return Ending::kNotOffered;
}

}  // namespace larkspur::mcp
