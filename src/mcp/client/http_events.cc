// Answers that come as event streams, and what else travels on them.
#include <fmt/format.h>

#include "mcp/client/http_body.h"
#include "mcp/client/http_connection.h"

namespace larkspur::mcp {
namespace {

constexpr int kMaxResumes = 5;  // in a row, without one new event in between

// Moves the deadline of the stream with the call's, for as long as both live.
class FollowPatience {
 public:
  FollowPatience(Patience& patience, SseReader& events) : patience_(patience) {
    patience_.set_on_change([&events](SteadyClock::time_point when) { events.set_deadline(when); });
  }
  FollowPatience(const FollowPatience&) = delete;
  FollowPatience& operator=(const FollowPatience&) = delete;
  ~FollowPatience() { patience_.set_on_change({}); }

 private:
  Patience& patience_;
};

}  // namespace

Async<Exchange> HttpConnection::read_events(Call call, std::unique_ptr<net::HttpBodyStream> body) {
  SseReader events(std::move(body), host_->options().max_message_bytes);
  const FollowPatience follow(*call.in_flight.patience, events);
  int resumes = 0;
  for (;;) {
    auto event = co_await events.next(call.deadline());
    call.facts.response_bytes = events.bytes();
    if (event && *event) {
      resumes = 0;
      if (auto reply = take_message(&call, (*event)->data)) {
        run_detached(executor_, drain(events.release()));
        co_return Exchange{*std::move(reply)};
      }
      continue;
    }

    // The end, before the answer came.
    const Error error = event
                            ? Error{ErrorCode::kClosed, "the event stream ended before the answer"}
                            : event.error();
    const bool resumable = error.code == ErrorCode::kClosed && call.ask.era == Era::kLegacy &&
                           !events.last_event_id().empty();
    if (!resumable || ++resumes > kMaxResumes) {
      co_return Exchange::failed({error.code, fmt::format("{}: {}", place(), error.message)});
    }
    if (auto resumed = co_await resume(call, events); !resumed) {
      co_return Exchange::failed(resumed.error());
    }
  }
}

Async<Result<void>> HttpConnection::resume(Call call, SseReader& events) {
  co_await sleep_until(std::min(call.deadline(), SteadyClock::now() + events.retry()));
  if (host_->gone()) co_return fail(ErrorCode::kCancelled, "the client was closed");
  net::HttpRequest request{
      .method = "GET", .target = address_.url.target, .headers = headers(Era::kLegacy)};
  request.headers.set("Accept", "text/event-stream");
  request.headers.set("Last-Event-ID", events.last_event_id());
  auto opened = co_await http_.open(address_.url, std::move(request), call.deadline());
  if (!opened) co_return fail(transport_failed(opened.error()).reply.error().error);
  if ((*opened)->status() != 200 || !has_content_type((*opened)->headers(), "text/event-stream")) {
    co_return fail(
        ErrorCode::kClosed,
        fmt::format("{}: the event stream ended before the answer, and cannot be resumed "
                    "(HTTP {})",
                    place(), (*opened)->status()));
  }
  events.resume(*std::move(opened));
  co_return Result<void>();
}

std::optional<CallReply> HttpConnection::take_message(const Call* call, std::string& text) {
  auto read = read_incoming(text);
  if (!read) {
    host_->log(place() + ": skipped " + read.error().message);
    return std::nullopt;
  }
  Incoming& message = *read;
  const bool ours = call != nullptr && as_number(message.id) == call->id;
  switch (message.kind) {
    case Incoming::Kind::kResult:
      if (!ours) return std::nullopt;
      keep_only(text, message.result);
      return CallReply(std::move(text));
    case Incoming::Kind::kError:
      // On a call's own stream an error without an id is about that call.
      if (!ours && (call == nullptr || !message.id.empty())) return std::nullopt;
      return std::unexpected(CallError{describe(message.error), std::move(message.error)});
    case Incoming::Kind::kBroken:
      if (!ours) return std::nullopt;
      return std::unexpected(CallError{std::move(message.problem), std::nullopt});
    case Incoming::Kind::kRequest:
      answer_request(call, message);
      return std::nullopt;
    case Incoming::Kind::kNotification:
      if (message.method == "notifications/cancelled") requests_.take_back(message.params);
      host_->deliver(message, call != nullptr ? &call->in_flight : nullptr);
      return std::nullopt;
  }
  return std::nullopt;
}

void HttpConnection::answer_request(const Call* call, const Incoming& request) {
  requests_.take(request, call != nullptr ? &call->in_flight : nullptr,
                 [self = weak_from_this()](std::string text) {
                   const auto connection = self.lock();
                   if (!connection) return;
                   run_detached(connection->executor_, connection->post_quietly(std::move(text)));
                 });
}

}  // namespace larkspur::mcp
