// Lines out of a stream of bytes: how messages travel over standard streams.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larkspur::net {

// Bytes in, cut anywhere; lines out, without their end (LF or CRLF). Memory stays below the limit
// and what was put since.
class LineBuffer {
 public:
  enum class Status : unsigned char {
    kLine,
    kTooLong,  // a line passes the limit; said once, and the rest of that line is skipped
    kNeedsMore,
    kEnd,
  };
  struct Line {
    Status status;
    std::string text;  // of a kLine
  };

  // `max_line_bytes` counts a CR, but not the LF.
  explicit LineBuffer(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  void put(std::string_view bytes) { buffer_.append(bytes); }
  void put_end() { ended_ = true; }  // what lacks an end is the last line

  Line next();

 private:
  Line take(std::size_t end, std::size_t next);
  void drop_taken();

  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t taken_ = 0;    // of buffer_, given out already
  std::size_t scanned_ = 0;  // no LF in buffer_ between taken_ and here
  bool skipping_ = false;    // inside a line that is too long
  bool ended_ = false;
};

}  // namespace larkspur::net
