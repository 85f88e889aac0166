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

Async<net::LineBuffer::Line> LineReader::next() {
  for (;;) {
    net::LineBuffer::Line line = lines_.next();
    if (line.status != net::LineBuffer::Status::kNeedsMore) co_return line;
    const auto [error, count] =
        co_await input_.stream().async_read_some(asio::buffer(chunk_), kAwaitTuple);
    lines_.put({chunk_.data(), count});
    if (error) lines_.put_end();
  }
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
