#include "mcp/server/stdio_endpoint.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>

#include "mcp/server/line_io.h"
#include "mcp/server/testing.h"

namespace larkspur::mcp::server {
namespace {

// A client at the other end of two pipes.
class Stdio : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe2(to_server_, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(from_server_, O_CLOEXEC), 0);
    ::fcntl(from_server_[0], F_SETFL, O_NONBLOCK);
    ::fcntl(to_server_[1], F_SETFL, O_NONBLOCK);
    asio::co_spawn(executor_, serve(), asio::bind_cancellation_slot(stop_.slot(), asio::detached));
    turn();
  }
  void TearDown() override {
    close_input();
    turn_until([this] { return done_; });
    EXPECT_TRUE(done_);
    for (const int fd : {to_server_[0], from_server_[0], from_server_[1]}) ::close(fd);
  }

  Async<void> serve() {
    co_await serve_stdio(handler_, feed_, to_server_[0], from_server_[1]);
    done_ = true;
  }

  void send(std::string_view line) { send_bytes(std::string(line) + "\n"); }
  void send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::write(to_server_[1], bytes.data(), bytes.size());
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      turn();
    }
  }
  void close_input() {
    if (!std::exchange(open_, false)) return;
    ::close(to_server_[1]);
  }

  // Everything the server has written by now, line by line.
  std::vector<std::string> lines() {
    turn();
    char bytes[64 * 1024];
    ssize_t count = 0;
    while ((count = ::read(from_server_[0], bytes, sizeof bytes)) > 0) {
      pending_.append(bytes, static_cast<std::size_t>(count));
      turn();
    }
    std::vector<std::string> out;
    for (std::size_t end; (end = pending_.find('\n')) != pending_.npos;
         pending_.erase(0, end + 1)) {
      out.push_back(pending_.substr(0, end));
    }
    return out;
  }
  std::string only_line() {
    const auto all = lines();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : all[0];
  }
  std::string answer(std::string_view line) {
    send(line);
    return only_line();
  }
  static std::int64_t code_of(std::string_view line) {
    return parsed(line).root()["error"]["code"].integer().value_or(0);
  }

  void initialize() {
    answer(
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
        R"("capabilities":{},"clientInfo":{"name":"probe","version":"9"}}})");
    send(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  }
  static std::string modern(std::string_view method, std::string_view id,
                            std::string_view params = "") {
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) +
           R"(","params":{)" + std::string(params) + (params.empty() ? "" : ",") +
           R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
           R"("io.modelcontextprotocol/clientCapabilities":{}}}})";
  }

  void turn() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }
  void turn_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) {
      loop_.restart();
      loop_.run_one_for(10ms);
    }
  }

  EventLoop loop_{1};
  Executor executor_ = loop_.get_executor();
  FakeHandler handler_;
  FakeFeed feed_{executor_};
  asio::cancellation_signal stop_;
  bool done_ = false;
  int to_server_[2] = {-1, -1};
  int from_server_[2] = {-1, -1};

 private:
  bool open_ = true;
  std::string pending_;
};

TEST_F(Stdio, LegacyLifecycle) {
  EXPECT_EQ(code_of(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})")),
            rpc::kInvalidRequest);
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":1,"method":"ping"})"),
            R"({"jsonrpc":"2.0","id":1,"result":{}})");
  EXPECT_EQ(
      answer(
          R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
          R"("capabilities":{"roots":{}},"clientInfo":{"name":"probe","version":"9"}}})"),
      R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18",)"
      R"("capabilities":{"tools":{"listChanged":true}},)"
      R"("serverInfo":{"name":"larkspur","version":"1.2.3"},"instructions":"Be kind."}})");
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":"a","method":"tools/list"})"),
            R"({"jsonrpc":"2.0","id":"a","result":{"tools": [], "big": 12345678901234567890.0}})");
  EXPECT_EQ(handler_.last_info.transport, Transport::kStdio);
  EXPECT_EQ(handler_.last_info.client.name, "probe");
  EXPECT_EQ(handler_.last_info.protocol_version, "2025-06-18");
}

TEST_F(Stdio, BothErasOnOneProcess) {
  initialize();
  const std::string result = answer(modern("tools/list", "2"));
  EXPECT_NE(result.find(R"("resultType":"complete")"), std::string::npos);
  EXPECT_EQ(handler_.last_info.era, Era::kModern);
  EXPECT_NE(answer(modern("server/discover", "3")).find("supportedVersions"), std::string::npos);
  EXPECT_EQ(code_of(answer(modern("ping", "4"))), rpc::kMethodNotFound);
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":5,"method":"ping"})"),
            R"({"jsonrpc":"2.0","id":5,"result":{}})");
}

TEST_F(Stdio, ModernEnvelopeIsChecked) {
  EXPECT_EQ(code_of(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                           R"("io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})")),
            rpc::kInvalidParams);
  EXPECT_EQ(code_of(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                           R"("io.modelcontextprotocol/protocolVersion":"2030-01-01",)"
                           R"("io.modelcontextprotocol/clientCapabilities":{}}}})")),
            rpc::kUnsupportedVersion);
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(Stdio, GarbageIsAnsweredAndSurvived) {
  EXPECT_EQ(code_of(answer("garbage")), rpc::kParseError);
  EXPECT_EQ(code_of(answer("\xFF\xFE")), rpc::kParseError);
  EXPECT_EQ(code_of(answer("[]")), rpc::kInvalidRequest);
  EXPECT_NE(answer("{").find(R"("id":null)"), std::string::npos);
  send("");
  send("   \r");
  send(R"({"jsonrpc":"2.0","id":9,"result":{}})");
  EXPECT_EQ(answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r"),
            R"({"jsonrpc":"2.0","id":1,"result":{}})");
}

TEST_F(Stdio, LinesAreBounded) {
  const std::string long_line(4 * 1024 * 1024 + 1, 'x');
  send(long_line);
  EXPECT_NE(only_line().find("longer than 4 MiB"), std::string::npos);
  send_bytes(long_line);
  send_bytes(long_line);  // reported once, skipped to its end
  send("");
  EXPECT_NE(only_line().find("longer than 4 MiB"), std::string::npos);
  EXPECT_EQ(answer(R"({"jsonrpc":"2.0","id":1,"method":"ping"})"),
            R"({"jsonrpc":"2.0","id":1,"result":{}})");
}

TEST_F(Stdio, RequestsRunConcurrently) {
  initialize();
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    Timer timer(co_await asio::this_coro::executor);
    timer.expires_after(std::chrono::milliseconds(request.params["ms"].integer().value_or(0)));
    co_await timer.async_wait(kAwait);
    co_return "{\n}";
  };
  send(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"ms":40}})");
  send(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"ms":0}})");
  std::vector<std::string> answers;
  turn_until([&] {
    std::ranges::copy(lines(), std::back_inserter(answers));
    return answers.size() == 2;
  });
  EXPECT_EQ(answers, (std::vector<std::string>{R"({"jsonrpc":"2.0","id":2,"result":{ }})",
                                               R"({"jsonrpc":"2.0","id":1,"result":{ }})"}));
}

TEST_F(Stdio, NoticesComeBeforeTheAnswer) {
  initialize();
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    co_await request.channel.notify("notifications/progress", R"({"progress":1})");
    co_return "{}";
  };
  send(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"t"}}})");
  EXPECT_EQ(
      lines(),
      (std::vector<std::string>{
          R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}})",
          R"({"jsonrpc":"2.0","id":1,"result":{}})"}));
}

TEST_F(Stdio, CancelledRequestsHaveNoAnswer) {
  initialize();
  handler_.behaviour = [](const Request&) -> Async<RpcResult> {
    co_await wait_for_cancellation();
    co_return "{}";
  };
  send(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})");
  send(modern("tools/call", "\"1\""));
  send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
  send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}})");
  EXPECT_TRUE(lines().empty());
  close_input();
  turn_until([this] { return done_; });  // nothing is running any more, so at once
  EXPECT_TRUE(done_);
  EXPECT_TRUE(lines().empty());
}

TEST_F(Stdio, ChangesReachLegacyClientsOnceInitialized) {
  feed_.announce("notifications/tools/list_changed");
  EXPECT_TRUE(lines().empty());
  initialize();
  send(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");  // once is enough
  feed_.announce("notifications/tools/list_changed");
  feed_.announce("notifications/prompts/list_changed");  // not advertised
  EXPECT_EQ(only_line(), R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
}

TEST_F(Stdio, ModernClientsListen) {
  const std::string listen = R"("notifications":{"toolsListChanged":true})";
  EXPECT_NE(answer(modern("subscriptions/listen", "5", listen)).find("acknowledged"),
            std::string::npos);
  EXPECT_NE(answer(modern("subscriptions/listen", "6", listen)).find("acknowledged"),
            std::string::npos);
  feed_.announce("notifications/tools/list_changed");
  EXPECT_EQ(lines().size(), 2u);
  send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})");
  EXPECT_TRUE(lines().empty());
  feed_.announce("notifications/tools/list_changed");
  EXPECT_NE(only_line().find(R"("io.modelcontextprotocol/subscriptionId":6)"), std::string::npos);
  close_input();
  turn_until([this] { return done_; });
  EXPECT_NE(only_line().find(R"("id":6,"result":{"resultType":"complete")"), std::string::npos);
  EXPECT_TRUE(done_);
}

TEST_F(Stdio, RunningRequestsAreAnsweredAfterTheInputHasEnded) {
  initialize();
  handler_.behaviour = [](const Request&) -> Async<RpcResult> {
    Timer timer(co_await asio::this_coro::executor, 30ms);
    co_await timer.async_wait(kAwait);
    co_return "{}";
  };
  send_bytes(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})");  // not even a newline
  close_input();
  turn_until([this] { return done_; });
  EXPECT_EQ(only_line(), R"({"jsonrpc":"2.0","id":1,"result":{}})");
}

TEST_F(Stdio, StoppingCancelsWhatRuns) {
  initialize();
  handler_.behaviour = [](const Request&) -> Async<RpcResult> {
    co_await wait_for_cancellation();
    co_return "{}";
  };
  send(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})");
  stop_.emit(asio::cancellation_type::terminal);
  turn();
  EXPECT_TRUE(done_);
}

TEST_F(Stdio, DescriptorsGetTheirFlagsBack) {
  answer(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  EXPECT_NE(::fcntl(from_server_[1], F_GETFL) & O_NONBLOCK, 0);  // while it serves
  close_input();
  turn_until([this] { return done_; });
  EXPECT_EQ(::fcntl(from_server_[1], F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace larkspur::mcp::server
