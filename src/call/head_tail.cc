#include "call/head_tail.h"

#include <algorithm>

#include "base/text.h"

namespace larkspur::call {

namespace {

constexpr std::size_t kNear = 512;  // how far a cut moves to fall between two lines

std::string_view whole_lines_of_head(std::string_view head) {
  const std::size_t end = head.rfind('\n');
  if (end != head.npos && head.size() - end <= kNear) return head.substr(0, end);
  return truncate_utf8(head, head.size());
}

std::string_view whole_lines_of_tail(std::string_view tail) {
  const std::size_t end = tail.find('\n');
  if (end < kNear) return tail.substr(end + 1);
  while (!tail.empty() && (static_cast<unsigned char>(tail.front()) & 0xc0) == 0x80) {
    tail.remove_prefix(1);
  }
  return tail;
}

// Bytes that are not UTF-8 become U+FFFD; line ends and tabs stay.
std::string valid(std::string text) {
  if (is_valid_utf8(text)) return text;
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::size_t length = 1;
    while (length < std::min<std::size_t>(4, rest.size()) &&
           !is_valid_utf8(rest.substr(0, length))) {
      ++length;
    }
    if (is_valid_utf8(rest.substr(0, length))) {
      out += rest.substr(0, length);
      rest.remove_prefix(length);
    } else {
      out += "\xEF\xBF\xBD";
      rest.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

void HeadTail::append(std::string_view bytes) {
  bytes_ += bytes.size();
  const std::size_t room = half_ - head_.size();
  head_ += bytes.substr(0, room);
  if (bytes.size() <= room) return;
  bytes.remove_prefix(room);
  if (bytes.size() > half_) bytes.remove_prefix(bytes.size() - half_);
  tail_ += bytes;
  if (tail_.size() > 2 * half_) tail_.erase(0, tail_.size() - half_);
}

std::string HeadTail::text() const {
  if (!truncated()) return valid(head_ + tail_);
  std::string_view tail = tail_;
  if (tail.size() > half_) tail.remove_prefix(tail.size() - half_);
  const std::string_view head = whole_lines_of_head(head_);
  tail = whole_lines_of_tail(tail);
  const std::uint64_t lost = bytes_ - head.size() - tail.size();
  return valid(std::string(head) + "\n[... " + std::to_string(lost) + " bytes left out ...]\n" +
               std::string(tail));
}

}  // namespace larkspur::call
