// TCP sockets, and how bytes leave through them. Internal to net/.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <span>

#include "base/async.h"

namespace larkspur::net {

using Tcp = asio::ip::tcp;
using TcpSocket = asio::basic_stream_socket<Tcp, Executor>;

// Writes what the kernel takes now, in one system call where it can, and removes that from `rest`.
// No error: all is written. would_block: wait until the socket is writable (or, after a large
// piece, let others have their turn), then go on. REQUIRES: the socket is non-blocking.
boost::system::error_code write_now(TcpSocket& socket, std::span<asio::const_buffer> rest);

// Room for the next read: little where little is usual, much in the middle of a large body.
asio::mutable_buffer prepare_read(boost::beast::flat_buffer& buffer, bool bulk);

}  // namespace larkspur::net
