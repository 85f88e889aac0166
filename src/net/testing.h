// For the tests of this room: loops on threads of their own, and a peer that sends exactly the
// bytes it is told to.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "net/http_server.h"
#include "net/loops.h"

namespace larkspur::net {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Runs loops in the background, stops them at the end.
class BackgroundLoops {
 public:
  explicit BackgroundLoops(std::size_t count = 2)
      : loops_(count), guard_(loops_[0].get_executor()) {
    thread_ = std::jthread([this] { loops_.run(); });
  }
  ~BackgroundLoops() {
    loops_.stop();
    thread_.join();
  }
  Loops& get() { return loops_; }

  // Runs a coroutine on loop 0 and waits for its result.
  template <class T>
  T run(Async<T> work) {
    return asio::co_spawn(loops_.executor(0), std::move(work), asio::use_future).get();
  }

 private:
  Loops loops_;
  asio::executor_work_guard<Executor> guard_;
  std::jthread thread_;
};

class TestServer {
 public:
  explicit TestServer(HttpHandler handler, HttpServerOptions options = {})
      : server_(loops_.get(), std::move(options), std::move(handler)) {
    const auto listening = server_.listen();
    EXPECT_TRUE(listening) << listening.error().message;
  }
  HttpServer& get() { return server_; }
  BackgroundLoops& loops() { return loops_; }
  std::string url(std::string_view target = "/") {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + std::string(target);
  }

 private:
  BackgroundLoops loops_;
  HttpServer server_;
};

// A blocking peer. Every wait ends after ten seconds, so that a failing test does not hang.
class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    socket_.set_option(asio::ip::tcp::no_delay(true));
    const timeval limit{10, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Up to and with `end`, or to the end of the stream.
  std::string read_until(std::string_view end) {
    for (std::size_t at = 0;;) {
      const std::size_t found = pending_.find(end, at);
      if (found != std::string::npos) {
        std::string out = pending_.substr(0, found + end.size());
        pending_.erase(0, out.size());
        return out;
      }
      at = pending_.size() < end.size() ? 0 : pending_.size() - end.size() + 1;
      if (!fill()) return std::exchange(pending_, {});
    }
  }
  std::string read_all() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
  }
  // False when the stream has ended or ten seconds have passed.
  bool fill() {
    char bytes[16 * 1024];
    const auto count = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  void close() { socket_.close(); }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  std::string pending_;
};

// Polls until `condition` holds, for at most ten seconds.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

}  // namespace larkspur::net
