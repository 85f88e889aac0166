#include "mcp/server/line_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace larkspur::mcp::server {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

int duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0)
    throw std::system_error(errno, std::generic_category(), "duplicating a stdio descriptor");
  return copy;
}

}  // namespace

Descriptor::Descriptor(const Executor& executor, int fd)
    : fd_(fd), flags_(::fcntl(fd, F_GETFL)), stream_(executor, duplicate(fd)) {}

Descriptor::~Descriptor() {
  boost::system::error_code ignored;
  stream_.close(ignored);
  ::fcntl(fd_, F_SETFL, flags_);
}

Async<LineReader::Line> LineReader::next() {
  for (;;) {
    const std::size_t newline = buffer_.find('\n', searched_);
    searched_ = newline == buffer_.npos ? buffer_.size() : newline;
    const std::size_t length = skipping_ ? 0 : searched_;
    if (length > max_bytes_) {
      skipping_ = true;
      co_return Line{Status::kTooLong, {}};
    }
    if (skipping_) {
      const bool ends_here = newline != buffer_.npos;
      buffer_.erase(0, ends_here ? newline + 1 : buffer_.size());
      searched_ = 0;
      skipping_ = !ends_here;
      if (ends_here) continue;
    } else if (newline != buffer_.npos || (at_end_ && !buffer_.empty())) {
      co_return take(searched_);
    }
    if (at_end_) co_return Line{Status::kEnd, {}};
    const std::size_t size = buffer_.size();
    buffer_.resize(size + kReadBytes);
    const auto [error, count] = co_await input_.stream().async_read_some(
        asio::buffer(buffer_.data() + size, kReadBytes), kAwaitTuple);
    buffer_.resize(size + count);
    at_end_ = static_cast<bool>(error);
  }
}

LineReader::Line LineReader::take(std::size_t end) {
  Line line{Status::kLine, buffer_.substr(0, end)};
  if (line.text.ends_with('\r')) line.text.pop_back();
  buffer_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

Async<bool> LineWriter::send(std::string_view message) {
  const auto pass = co_await gate_.enter();
  if (broken_) co_return false;
  const std::array<asio::const_buffer, 2> line{asio::buffer(message), asio::buffer("\n", 1)};
  const auto [error, count] = co_await asio::async_write(output_.stream(), line, kAwaitTuple);
  broken_ = static_cast<bool>(error);  // perhaps in the middle of a line: nothing can follow it
  co_return !broken_;
}

}  // namespace larkspur::mcp::server
