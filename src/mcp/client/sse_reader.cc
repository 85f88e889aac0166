#include "mcp/client/sse_reader.h"

#include <algorithm>

namespace larkspur::mcp {
namespace {

constexpr std::chrono::milliseconds kMaxRetry{60'000};

}  // namespace

SseReader::SseReader(std::unique_ptr<net::HttpBodyStream> body, std::size_t max_event_bytes)
    : body_(std::move(body)), max_event_bytes_(max_event_bytes), parser_(max_event_bytes) {}

void SseReader::resume(std::unique_ptr<net::HttpBodyStream> body) {
  body_ = std::move(body);
  parser_ = net::SseParser(max_event_bytes_);  // half an event before the break is lost
}

Async<Result<std::optional<net::SseEvent>>> SseReader::next_of(std::string_view type,
                                                               SteadyClock::time_point deadline) {
  for (;;) {
    while (next_ < parsed_.size()) {
      net::SseEvent& event = parsed_[next_++];
      if (event.id) last_event_id_ = *event.id;
      if (event.retry_ms) {
        retry_ = std::clamp(std::chrono::milliseconds(*event.retry_ms),
                            std::chrono::milliseconds(0), kMaxRetry);
      }
      if (event.event == type && !event.data.empty()) co_return std::optional(std::move(event));
    }
    parsed_.clear();
    next_ = 0;

    body_->set_deadline(deadline);
    const auto piece = co_await body_->read_some();
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) co_return std::nullopt;
    bytes_ += piece->size();
    if (auto fed = parser_.feed(*piece, parsed_); !fed) co_return fail(fed.error());
  }
}

}  // namespace larkspur::mcp
