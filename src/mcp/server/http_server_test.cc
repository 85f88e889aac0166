// The endpoint on a real server, over real sockets and more than one loop.
#include <gtest/gtest.h>

#include <atomic>

#include "mcp/server/testing.h"
#include "net/testing.h"

namespace larkspur::mcp::server {
namespace {

using net::RawPeer;

// Sessions and changes are not what is tested here; one session that always exists will do.
class OneSession final : public SessionStore {
 public:
  Async<std::shared_ptr<const Session>> create(Session) override { co_return session_; }
  std::shared_ptr<const Session> find(std::string_view id) override {
    return id == "s" ? session_ : nullptr;
  }
  Async<bool> remove(std::string) override { co_return true; }
  std::unique_ptr<SessionStream> open_stream(const Session&) override {
    return std::make_unique<Silence>();
  }

 private:
  struct Silence final : SessionStream {
    Async<std::optional<std::string>> next(SteadyClock::time_point until) override {
      Timer timer(co_await asio::this_coro::executor, until);
      co_await timer.async_wait(kAwaitTuple);
      co_return std::nullopt;
    }
    bool ended() const override { return false; }
  };
  std::shared_ptr<const Session> session_ =
      std::make_shared<const Session>(Session{"s", "2025-11-25", {}, "{}", "anonymous"});
};

class NoChanges final : public ChangeFeed {
 public:
  std::unique_ptr<SessionStream> subscribe(const Identity&, std::vector<std::string>&) override {
    return OneSession().open_stream({});
  }
};

// Answers tools/list at once; tools/call waits until it is cancelled.
class Waiting final : public Handler {
 public:
  const ServerIdentity& identity() const override { return identity_; }
  Async<RpcResult> handle(const Request& request) override {
    if (request.method == "talk") {
      co_await request.channel.notify("notifications/message", R"({"level":"info"})");
      while (!open) {
        Timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(5));
        co_await timer.async_wait(kAwaitTuple);
      }
      co_return R"({"said":true})";
    }
    if (request.method != "tools/call") co_return R"({"tools":[]})";
    ++started;
    try {
      co_await wait_for_cancellation();
    } catch (const boost::system::system_error&) {
      ++cancelled;
    }
    co_return "{}";
  }

  std::atomic<int> started = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<bool> open = false;  // lets "talk" go on

 private:
  ServerIdentity identity_{{"larkspur", "1.2.3"}, "", R"({"tools":{"listChanged":true}})"};
};

class OnAServer : public testing::Test {
 protected:
  std::uint16_t port() { return server_.get().port(); }

  static std::string request(std::string_view method, std::string_view body,
                             std::string_view more = "") {
    return std::string(method) +
           " /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           "Accept: application/json, text/event-stream\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
  }
  static std::string legacy(std::string_view body) {
    return request("POST", body, "Mcp-Session-Id: s\r\nMCP-Protocol-Version: 2025-11-25\r\n");
  }
  static std::string modern(std::string_view method, std::string_view id) {
    return request(
        "POST",
        R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) +
            R"(","params":{"notifications":{"toolsListChanged":true},"_meta":{)"
            R"("io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
            R"("io.modelcontextprotocol/clientCapabilities":{}}}})",
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + std::string(method) + "\r\n");
  }

  Waiting handler_;
  OneSession sessions_;
  NoChanges changes_;
  HttpEndpoint endpoint_{handler_, sessions_, changes_, {}};
  net::TestServer server_{[this](net::HttpRequest& request, net::HttpResponder& responder) {
    return endpoint_.handle(request, responder);
  }};
};

TEST_F(OnAServer, ManyRequestsOnOneConnection) {
  RawPeer peer(port());
  for (int i = 0; i < 3; ++i) {
    peer.send(legacy(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})"));
    EXPECT_NE(peer.read_until("}}").find(R"("result":{"tools":[]}})"), std::string::npos);
    peer.send(modern("tools/list", "2"));
    EXPECT_NE(peer.read_until("}}}}").find(R"("resultType":"complete")"), std::string::npos);
  }
}

// Connections are spread over the loops, so some of these notifications come in on another loop
// than the call that they cancel.
TEST_F(OnAServer, CancelledFromAnyConnection) {
  constexpr int kCalls = 8;
  std::vector<std::unique_ptr<RawPeer>> calls;
  for (int i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<RawPeer>(port()));
    calls.back()->send(
        legacy(R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + R"(,"method":"tools/call"})"));
  }
  ASSERT_TRUE(net::eventually([&] { return handler_.started == kCalls; }));
  for (int i = 0; i < kCalls; ++i) {
    RawPeer peer(port());
    peer.send(
        legacy(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
               std::to_string(i) + "}}"));
    EXPECT_NE(peer.read_until("\r\n\r\n").find(" 202 "), std::string::npos);
  }
  for (const auto& call : calls) {
    EXPECT_NE(call->read_until("0\r\n\r\n").find("text/event-stream"), std::string::npos);
  }
  EXPECT_EQ(handler_.cancelled, kCalls);
}

// The streams stay on the loops of their calls; who resumes them comes in on any.
TEST_F(OnAServer, ResumedFromAnyConnection) {
  constexpr int kCalls = 8;
  std::vector<std::string> events;
  for (int i = 0; i < kCalls; ++i) {
    RawPeer peer(port());
    peer.send(legacy(R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + R"(,"method":"talk"})"));
    const std::string text = peer.read_until("\nretry: 1000\n");
    const std::size_t at = text.rfind("id: ") + 4;
    events.push_back(text.substr(at, text.find('\n', at) - at));
  }
  const auto resume = [](std::string_view event) {
    return request("GET", "", "Mcp-Session-Id: s\r\nLast-Event-ID: " + std::string(event) + "\r\n");
  };
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 3 * kCalls; ++i) {  // the last one of three gets the answer
    peers.push_back(std::make_unique<RawPeer>(port()));
    peers.back()->send(resume(events[static_cast<std::size_t>(i % kCalls)]));
    peers.back()->read_until("notifications/message");
    if (i % 3 == 0) peers.back()->close();
  }
  handler_.open = true;
  for (int i = 2 * kCalls; i < 3 * kCalls; ++i) {
    auto& peer = peers[static_cast<std::size_t>(i)];
    if (i % 3 == 0) {
      peer = std::make_unique<RawPeer>(port());
      peer->send(resume(events[static_cast<std::size_t>(i % kCalls)]));
    }
    EXPECT_NE(peer->read_until(R"({"said":true}})").find("\"id\":" + std::to_string(i % kCalls)),
              std::string::npos);
  }
}

TEST_F(OnAServer, ModernClientsCancelByLeaving) {
  {
    RawPeer peer(port());
    peer.send(modern("tools/call", "1"));
    ASSERT_TRUE(net::eventually([&] { return handler_.started == 1; }));
  }
  EXPECT_TRUE(net::eventually([&] { return handler_.cancelled == 1; }));
}

TEST_F(OnAServer, LegacyClientsDoNot) {
  {
    RawPeer peer(port());
    peer.send(legacy(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})"));
    ASSERT_TRUE(net::eventually([&] { return handler_.started == 1; }));
  }
  RawPeer peer(port());
  peer.send(legacy(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})"));
  peer.read_until("}}");
  EXPECT_EQ(handler_.cancelled, 0);
  peer.send(
      legacy(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})"));
  EXPECT_TRUE(net::eventually([&] { return handler_.cancelled == 1; }));
}

TEST_F(OnAServer, StopEndsStreamsOfBothEras) {
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(std::make_unique<RawPeer>(port()));
    peers.back()->send(i % 2 == 0 ? request("GET", "", "Mcp-Session-Id: s\r\n")
                                  : modern("subscriptions/listen", "1"));
    peers.back()->read_until("\r\n\r\n");
  }
  peers[1]->read_until("acknowledged");
  peers[3]->read_until("acknowledged");
  endpoint_.stop();
  for (const auto& peer : peers) EXPECT_TRUE(peer->read_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
}

TEST_F(OnAServer, AnAbruptShutdownCancelsTheCallsOfBothEras) {
  RawPeer one(port());
  RawPeer two(port());
  one.send(legacy(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})"));
  two.send(modern("tools/call", "1"));
  ASSERT_TRUE(net::eventually([&] { return handler_.started == 2; }));
  const auto shut_down = [this]() -> Async<bool> {
    co_await server_.get().shutdown(0ms);
    co_return true;
  };
  server_.loops().run(shut_down());
  EXPECT_TRUE(net::eventually([&] { return handler_.cancelled == 2; }));
}

TEST_F(OnAServer, PeersThatLeaveEndTheirStreams) {
  for (int i = 0; i < 4; ++i) {
    RawPeer peer(port());
    peer.send(i % 2 == 0 ? request("GET", "", "Mcp-Session-Id: s\r\n")
                         : modern("subscriptions/listen", "1"));
    EXPECT_NE(peer.read_until("\r\n\r\n").find(" 200 "), std::string::npos);
  }
  EXPECT_TRUE(net::eventually([&] { return server_.get().connections() == 0; }));
}

}  // namespace
}  // namespace larkspur::mcp::server
