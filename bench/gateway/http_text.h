// The little HTTP/1.1 and JSON that both ends of the measurement need: whole messages with a
// Content-Length or in chunks, and members found by their spelling. Good for messages that we know;
// no parser.
#pragma once

#include <malloc.h>
#include <strings.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// What was freed is kept: large messages would else come out of fresh pages every time.
inline void keep_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

// The value of a header field in `head`, "" when there is none. `name` is followed by a colon.
inline std::string_view field(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != head.npos; line = head.find("\r\n", line)) {
    line += 2;
    if (line + name.size() > head.size()) break;
    if (strncasecmp(head.data() + line, name.data(), name.size()) != 0) continue;
    std::string_view value = head.substr(line + name.size());
    value = value.substr(0, value.find("\r\n"));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }
  return {};
}

struct Message {
  std::string_view head;  // with the first line
  std::string_view body;  // as it travels, chunk by chunk where it comes so
  std::size_t size() const { return head.size() + body.size(); }
};

// How many bytes the chunks at the front of `bytes` take, the last one (of size 0, no trailers)
// included; nullopt when they are not all there yet.
inline std::optional<std::size_t> size_of_chunks(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t line = bytes.find("\r\n", at);
    if (line == bytes.npos) return std::nullopt;
    const std::size_t size = std::strtoull(bytes.data() + at, nullptr, 16);
    at = line + 2 + size + 2;
    if (size == 0) return at <= bytes.size() ? std::optional(at) : std::nullopt;
  }
  return std::nullopt;
}

// The first message in `bytes`; nullopt when it is not all there yet.
inline std::optional<Message> first_message(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return std::nullopt;
  const std::string_view head = bytes.substr(0, end + 4);
  if (!field(head, "Transfer-Encoding:").empty()) {
    const auto size = size_of_chunks(bytes.substr(head.size()));
    if (!size) return std::nullopt;
    return Message{head, bytes.substr(head.size(), *size)};
  }
  const std::string_view length = field(head, "Content-Length:");
  const std::size_t size = length.empty() ? 0 : std::strtoull(length.data(), nullptr, 10);
  if (bytes.size() < head.size() + size) return std::nullopt;
  return Message{head, bytes.substr(head.size(), size)};
}

// What follows `key` (spelled as on the wire, `"id":`) up to the end of a scalar.
inline std::string_view scalar_after(std::string_view json, std::string_view key) {
  const std::size_t found = json.find(key);
  if (found == json.npos) return {};
  const std::string_view rest = json.substr(found + key.size());
  const bool is_string = rest.starts_with('"');
  const std::size_t end = is_string ? rest.find('"', 1) + 1 : rest.find_first_of(",}");
  return rest.substr(0, end);
}

}  // namespace bench
