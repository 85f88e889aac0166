#include "net/socket_io.h"

#include <algorithm>

namespace larkspur::net {

namespace {

constexpr std::size_t kMinRead = 4 * 1024;
constexpr std::size_t kMaxRead = 128 * 1024;
// A large message lets the loop's other connections run after each such piece.
constexpr std::size_t kWriteTurn = 1024 * 1024;

}  // namespace

boost::system::error_code write_now(TcpSocket& socket, std::span<asio::const_buffer> rest) {
  for (std::size_t turn = 0; turn < kWriteTurn;) {
    boost::system::error_code error;
    std::size_t written = socket.write_some(rest, error);
    turn += written;
    for (asio::const_buffer& buffer : rest) {
      const std::size_t step = std::min(written, buffer.size());
      buffer += step;
      written -= step;
    }
    if (asio::buffer_size(rest) == 0) return {};
    if (error) return error == asio::error::try_again ? asio::error::would_block : error;
  }
  return asio::error::would_block;
}

asio::mutable_buffer prepare_read(boost::beast::flat_buffer& buffer, bool bulk) {
  if (buffer.size() == 0 && !bulk && buffer.capacity() > kMinRead) buffer.shrink_to_fit();
  const std::size_t room = buffer.capacity() - buffer.size();
  return buffer.prepare(
      std::clamp(bulk ? std::max(room, 2 * buffer.capacity()) : room, kMinRead, kMaxRead));
}

}  // namespace larkspur::net
