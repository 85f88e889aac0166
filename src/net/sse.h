// Server-sent events (WHATWG HTML 9.2): the parser and the writer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::net {

struct SseEvent {
  std::string event = "message";
  std::string data;               // lines joined with \n
  std::optional<std::string> id;  // set when this event carried an id field
  std::optional<long> retry_ms;
};

// Feed bytes as they arrive, cut anywhere, in CR, LF or CRLF. An event without a data field is not
// dispatched, except that an id or a retry on it is (priming events of MCP 2025-11-25).
class SseParser {
 public:
  explicit SseParser(std::size_t max_event_bytes = 64 * 1024 * 1024)
      : max_event_bytes_(max_event_bytes) {}
  // Appends what became complete to `events`. kTooLarge when one event passes the limit.
  Result<void> feed(std::string_view bytes, std::vector<SseEvent>& events);

 private:
  void line(std::string_view text, std::vector<SseEvent>& events);

  std::size_t max_event_bytes_;
  std::string buffer_;
  SseEvent event_;
  bool has_data_ = false;
  bool at_start_ = true;
  bool skip_lf_ = false;
};

// Where the first CR or LF is, npos without one. (find_first_of() looks at every byte by itself.)
std::size_t find_line_end(std::string_view text);

// One event on the wire: `event: message`, an id where given, one data line, a blank line.
std::string sse_event(std::string_view data, std::string_view id = {});
inline constexpr std::string_view kSseKeepAlive = ": keepalive\n\n";

}  // namespace larkspur::net
