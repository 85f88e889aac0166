#include "net/sse.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace larkspur::net {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Digits only, as the specification wants it: "-1", "1s" and what overflows are ignored.
std::optional<long> parse_retry(std::string_view value) {
  long milliseconds = 0;
  if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) return {};
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), milliseconds);
  if (error != std::errc() || end != value.data() + value.size()) return {};
  return milliseconds;
}

}  // namespace

Result<void> SseParser::feed(std::string_view bytes, std::vector<SseEvent>& events) {
  while (!bytes.empty()) {
    if (std::exchange(skip_lf_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(find_line_end(bytes), bytes.size());
    if (buffer_.size() + event_.data.size() + end > max_event_bytes_) {
      return fail(ErrorCode::kTooLarge,
                  fmt::format("an event of the stream passes {} bytes", max_event_bytes_));
    }
    if (end == bytes.size()) {
      buffer_.append(bytes);
      return {};
    }
    if (buffer_.empty()) {
      line(bytes.substr(0, end), events);
    } else {
      buffer_.append(bytes, 0, end);
      line(buffer_, events);
      buffer_.clear();
    }
    skip_lf_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
  }
  return {};
}

void SseParser::line(std::string_view text, std::vector<SseEvent>& events) {
  if (at_start_) {
    at_start_ = false;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  }
  if (text.empty()) {  // the end of the event
    if (has_data_ || event_.id || event_.retry_ms) events.push_back(std::move(event_));
    event_ = SseEvent();
    has_data_ = false;
    return;
  }

  const std::size_t colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);

  if (field == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (field == "event") {
    event_.event = value.empty() ? "message" : value;
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) event_.id = value;
  } else if (field == "retry") {
    if (const auto retry = parse_retry(value)) event_.retry_ms = retry;
  }  // a comment (": ...") or an unknown field is ignored
}

std::size_t find_line_end(std::string_view text) {
  const std::size_t lf = text.find('\n');
  return std::min(lf, text.substr(0, lf).find('\r'));
}

std::string sse_event(std::string_view data, std::string_view id) {
  std::string out;
  out.reserve(data.size() + id.size() + 40);
  out += "event: message\n";
  if (!id.empty()) {
    out += "id: ";
    out += id;
    out += '\n';
  }
  // JSON that was pretty-printed elsewhere has line ends of its own; the reader joins them again.
  for (;;) {
    const std::size_t end = find_line_end(data);
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out += '\n';
  return out;
}

}  // namespace larkspur::net
