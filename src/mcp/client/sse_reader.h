// The events of one answer, read as they arrive, over as many connections as it takes.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "net/http_client.h"
#include "net/sse.h"

namespace larkspur::mcp {

class SseReader {
 public:
  SseReader(std::unique_ptr<net::HttpBodyStream> body, std::size_t max_event_bytes);

  // The next message event that carries data; nullopt at the end of the stream. Errors: kTimeout,
  // kCancelled, kTooLarge, and whatever broke the stream.
  Async<Result<std::optional<net::SseEvent>>> next(SteadyClock::time_point deadline) {
    return next_of("message", deadline);
  }
  // The same for events of another type; those of every other type are skipped. `type` is static.
  Async<Result<std::optional<net::SseEvent>>> next_of(std::string_view type,
                                                      SteadyClock::time_point deadline);

  // Moves the deadline of a next() that is under way.
  void set_deadline(SteadyClock::time_point when) {
    if (body_) body_->set_deadline(when);
  }

  // Goes on with the body of a resumed stream.
  void resume(std::unique_ptr<net::HttpBodyStream> body);
  std::unique_ptr<net::HttpBodyStream> release() { return std::move(body_); }

  // For Last-Event-ID; "" when the stream cannot be resumed.
  const std::string& last_event_id() const { return last_event_id_; }
  std::chrono::milliseconds retry() const { return retry_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<net::HttpBodyStream> body_;
  std::size_t max_event_bytes_;
  net::SseParser parser_;
  std::vector<net::SseEvent> parsed_;
  std::size_t next_ = 0;  // in parsed_
  std::string last_event_id_;
  std::chrono::milliseconds retry_{1'000};
  std::size_t bytes_ = 0;
};

}  // namespace larkspur::mcp
