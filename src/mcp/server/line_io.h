// Lines over file descriptors, without blocking the loop: how messages travel on stdio (mcp
// transports).
#pragma once

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <string_view>

#include "base/async.h"
#include "mcp/server/gate.h"
#include "mcp/server/message_sink.h"
#include "net/line_buffer.h"

namespace larkspur::mcp::server {

// A descriptor that the loop can wait for. It works on a duplicate; the caller's own descriptor
// stays open and gets its flags back, because the shell may share it with us.
class Descriptor {
 public:
  Descriptor(const Executor& executor, int fd);  // throws std::system_error when `fd` is not open
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  using Stream = asio::posix::basic_stream_descriptor<Executor>;
  Stream& stream() { return stream_; }

 private:
  int fd_;
  int flags_;
  Stream stream_;
};

class LineReader {
 public:
  LineReader(const Executor& executor, int fd, std::size_t max_bytes)
      : input_(executor, fd), lines_(max_bytes) {}

  // The next line, never kNeedsMore. kEnd also when reading fails or is cancelled.
  Async<net::LineBuffer::Line> next();

 private:
  Descriptor input_;
  net::LineBuffer lines_;
  std::array<char, std::size_t{64} * 1024> chunk_;
};

class LineWriter final : public MessageSink {
 public:
  LineWriter(const Executor& executor, int fd) : output_(executor, fd), gate_(executor) {}

  Async<bool> send(std::string_view message) override;

 private:
  Descriptor output_;
  Gate gate_;
  bool broken_ = false;
};

}  // namespace larkspur::mcp::server
