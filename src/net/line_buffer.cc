#include "net/line_buffer.h"

#include <utility>

namespace larkspur::net {

namespace {

// A line from here on is moved out of the buffer rather than copied, where it is all there is, and
// memory that has held such lines is given back.
constexpr std::size_t kLarge = 64 * 1024;

}  // namespace

LineBuffer::Line LineBuffer::next() {
  for (;;) {
    const std::size_t newline = buffer_.find('\n', scanned_);
    const bool complete = newline != std::string::npos;
    const std::size_t end = complete ? newline : buffer_.size();
    if (skipping_) {
      taken_ = scanned_ = complete ? end + 1 : end;
      skipping_ = !complete;
      if (complete) continue;
    } else if (end - taken_ > max_line_bytes_) {
      taken_ = scanned_ = end;
      skipping_ = true;
      return {Status::kTooLong, {}};
    } else if (complete || (ended_ && end > taken_)) {
      return take(end, complete ? end + 1 : end);
    }
    drop_taken();
    return {ended_ ? Status::kEnd : Status::kNeedsMore, {}};
  }
}

LineBuffer::Line LineBuffer::take(std::size_t end, std::size_t next) {
  const std::size_t length = end - taken_;
  Line line{Status::kLine, {}};
  if (taken_ == 0 && next == buffer_.size() && length >= kLarge) {
    line.text = std::exchange(buffer_, {});
    line.text.resize(length);
    scanned_ = 0;
  } else {
    line.text = buffer_.substr(taken_, length);
    taken_ = scanned_ = next;
  }
  if (line.text.ends_with('\r')) line.text.pop_back();
  return line;
}

void LineBuffer::drop_taken() {
  if (buffer_.capacity() > 4 * kLarge && buffer_.size() - taken_ < kLarge) {
    std::string(buffer_, taken_).swap(buffer_);  // an assignment might keep the large one
  } else {
    buffer_.erase(0, taken_);
  }
  taken_ = 0;
  scanned_ = buffer_.size();
}

}  // namespace larkspur::net
