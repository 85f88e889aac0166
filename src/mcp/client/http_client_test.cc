// The client over HTTP, against a server whose every answer is the test's.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "mcp/client/fake_http_server.h"
#include "net/http_client.h"

namespace larkspur::mcp {
namespace {

using namespace asio::experimental::awaitable_operators;  // NOLINT: operator||

class HttpClientTest : public LoopTest {
 protected:
  std::unique_ptr<Client> client(std::chrono::milliseconds connect_timeout = 5s) {
    ClientOptions options;
    options.connect_timeout = connect_timeout;
    options.log = [this](std::string_view line) { log.emplace_back(line); };
    options.on_notification = [this](std::string_view method, std::string_view) {
      notifications.emplace_back(method);
    };
    return Client::over_http(executor(), http_, {server.url(), {{"Authorization", "Bearer t"}}},
                             std::move(options));
  }
  static Async<CallReply> call_tool(Client& client, CallOptions options = {}) {
    co_return co_await client.call("tools/call", R"({"name":"echo","arguments":{"n":1.0}})", "echo",
                                   std::move(options));
  }

  FakeHttpServer server{loops_};
  net::HttpClient http_{executor()};
  std::vector<std::string> log, notifications;
};

TEST_F(HttpClientTest, SpeaksModernToAModernServer) {
  run([this]() -> Async<void> {
    server.be_modern();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result(R"({"resultType":"complete","content":[], "n":1.0})");
    };
    const auto mcp = client();
    const auto facts = co_await mcp->connect();
    if (!facts) {
      ADD_FAILURE() << facts.error().message;
      co_return;
    }
    EXPECT_EQ(facts->era, Era::kModern);
    EXPECT_TRUE(mcp->connected());

    CallOptions::Facts seen;
    CallOptions options;
    options.meta = R"({"traceparent":"00-abc"})";
    options.facts = &seen;
    const auto reply = co_await call_tool(*mcp, std::move(options));
    EXPECT_EQ(reply, R"({"resultType":"complete","content":[], "n":1.0})");
    EXPECT_EQ(seen.http_status, 200);
    EXPECT_EQ(seen.attempts, 1);
    EXPECT_GT(seen.response_bytes, 40u);

    const Seen& call = server.last("tools/call");
    EXPECT_EQ(seen.request_id, call.id);
    EXPECT_EQ(seen.request_bytes, call.body.size());
    EXPECT_EQ(call.headers.get("MCP-Protocol-Version"), "2026-07-28");
    EXPECT_EQ(call.headers.get("Mcp-Method"), "tools/call");
    EXPECT_EQ(call.headers.get("Mcp-Name"), "echo");
    EXPECT_EQ(call.headers.get("Authorization"), "Bearer t");
    EXPECT_FALSE(call.headers.has("Mcp-Session-Id"));
    EXPECT_EQ(call.params()["arguments"].raw(), R"({"n":1.0})");
    EXPECT_EQ(call.params()["_meta"]["traceparent"].string(), "00-abc");
    EXPECT_EQ(call.params()["_meta"]["io.modelcontextprotocol/protocolVersion"].string(),
              "2026-07-28");
    co_await mcp->close();
    EXPECT_EQ(server.count("DELETE"), 0);
  });
}

TEST_F(HttpClientTest, SpeaksLegacyToALegacyServer) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result("{}");
    };
    const auto mcp = client();
    EXPECT_EQ(co_await call_tool(*mcp), "{}");
    const Seen& discover = server.last("server/discover");
    EXPECT_EQ(discover.headers.get("Mcp-Method"), "server/discover");
    const Seen& initialize = server.last("initialize");
    EXPECT_FALSE(initialize.headers.has("Mcp-Session-Id"));
    EXPECT_FALSE(initialize.headers.has("Mcp-Method"));
    EXPECT_EQ(server.count("notifications/initialized"), 1);
    const Seen& call = server.last("tools/call");
    EXPECT_EQ(call.headers.get("Mcp-Session-Id"), "s1");
    EXPECT_EQ(call.headers.get("MCP-Protocol-Version"), "2025-11-25");
    EXPECT_FALSE(call.params()["_meta"].exists());
    co_await mcp->close();
    EXPECT_EQ(server.count("DELETE"), 1);
  });
}

TEST_F(HttpClientTest, StatusesOfTheProbeDecideTheEra) {
  run([this]() -> Async<void> {
    server.be_legacy();
    for (const int status : {400, 404, 405, 406, 415}) {
      server.on["server/discover"] = [status](const Seen&, Peer peer) -> Async<void> {
        co_await peer.status(status, "<html>");
      };
      const auto facts = co_await client()->connect();
      EXPECT_TRUE(facts) << status << (facts ? "" : facts.error().message);
    }
    for (const auto& [status, code] : {std::pair{401, ErrorCode::kUnauthenticated},
                                       {403, ErrorCode::kDenied},
                                       {500, ErrorCode::kUnavailable},
                                       {503, ErrorCode::kUnavailable}}) {
      server.on["server/discover"] = [status](const Seen&, Peer peer) -> Async<void> {
        co_await peer.error(status, {-32603, "no", ""});
      };
      const int before = server.count("initialize");
      const auto facts = co_await client()->connect();
      EXPECT_FALSE(facts);
      if (!facts) EXPECT_EQ(facts.error().code, code);
      if (!facts) EXPECT_EQ(facts.error().message.find("secret"), std::string::npos);
      EXPECT_EQ(server.count("initialize"), before);
    }
  });
}

TEST_F(HttpClientTest, ALostSessionIsReplacedAndTheCallSentAgain) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result("{}");
    };
    const auto mcp = client();
    EXPECT_EQ(co_await call_tool(*mcp), "{}");
    ++server.sessions;  // a restart: "s1" is unknown now
    CallOptions::Facts seen;
    CallOptions options;
    options.facts = &seen;
    EXPECT_EQ(co_await call_tool(*mcp, options), "{}");
    EXPECT_EQ(seen.attempts, 2);
    EXPECT_EQ(server.last("tools/call").headers.get("Mcp-Session-Id"), "s3");
    EXPECT_EQ(notifications, std::vector<std::string>{"notifications/tools/list_changed"});
  });
}

TEST_F(HttpClientTest, ASessionThatIsLostAgainAndAgainIsAnError) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.error(400, {-32000, "Bad Request: No valid session ID provided", ""});
    };
    const auto mcp = client();
    const auto reply = co_await call_tool(*mcp);
    EXPECT_FALSE(reply);
    if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kClosed);
    EXPECT_EQ(server.count("tools/call"), 2);
  });
}

TEST_F(HttpClientTest, EventsBringProgressAndTheAnswer) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen& seen, Peer peer) -> Async<void> {
      const std::string token(seen.params()["_meta"]["progressToken"].raw());
      co_await peer.start_events();
      co_await peer.raw(": hello\n\nid: 1\nretry: 5000\ndata:\n\n");
      co_await peer.event(
          R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":)" +
          token + R"(,"progress":1.0}})");
      co_await peer.event(
          R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":99,"progress":2}})");
      co_await peer.event(
          R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}})");
      co_await peer.event(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
      co_await peer.event("garbage");
      co_await peer.event(R"({"jsonrpc":"2.0","id":0,"method":"ping"})");
      co_await peer.event(R"({"jsonrpc":"2.0","id":"r","method":"roots/list"})");
      co_await peer.event(result_message(seen.id, R"({"done":true})"));
    };
    const auto mcp = client();
    std::vector<std::string> heard;
    CallOptions options;
    options.on_notification = [&](std::string_view method, std::string_view params) {
      heard.push_back(std::string(method) + std::string(params));
    };
    EXPECT_EQ(co_await call_tool(*mcp, std::move(options)), R"({"done":true})");
    EXPECT_EQ(heard,
              (std::vector<std::string>{R"(notifications/progress{"progress":1.0})",
                                        R"(notifications/message{"level":"info","data":"x"})"}));
    EXPECT_EQ(notifications, std::vector<std::string>{"notifications/tools/list_changed"});
    EXPECT_EQ(log.size(), 1u);
    EXPECT_TRUE(co_await eventually([&] {
      int replies = 0;
      for (const auto& one : server.seen) {
        replies += one->body == R"({"jsonrpc":"2.0","id":0,"result":{}})";
        replies += one->body.starts_with(R"({"jsonrpc":"2.0","id":"r","error":{"code":-32601)");
      }
      return replies == 2;
    }));
  });
}

TEST_F(HttpClientTest, NoProgressIsAskedForWhereNobodyListens) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result("{}");
    };
    const auto mcp = client();
    co_await call_tool(*mcp);
    EXPECT_FALSE(server.last("tools/call").params()["_meta"].exists());
  });
}

TEST_F(HttpClientTest, AStreamThatEndsBeforeTheAnswerIsResumed) {
  run([this]() -> Async<void> {
    server.be_legacy();
    std::string id;
    server.on["tools/call"] = [&](const Seen& seen, Peer peer) -> Async<void> {
      id = seen.id;
      co_await peer.start_events();
      co_await peer.raw("id: T::1\nretry: 10\ndata:\n\n");
    };
    server.on["GET"] = [&](const Seen& seen, Peer peer) -> Async<void> {
      if (seen.headers.get("Last-Event-ID") != "T::1") {
        co_await peer.status(405);
        co_return;
      }
      co_await peer.start_events();
      co_await peer.event(result_message(id, R"({"resumed":true})"), "T::2");
    };
    const auto mcp = client();
    EXPECT_EQ(co_await call_tool(*mcp), R"({"resumed":true})");
  });
}

TEST_F(HttpClientTest, AStreamThatCannotBeResumedIsClosed) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.start_events();
      co_await peer.event(R"({"jsonrpc":"2.0","method":"notifications/x"})");
    };
    const auto mcp = client();
    const auto reply = co_await call_tool(*mcp);
    EXPECT_FALSE(reply);
    if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kClosed);
    EXPECT_TRUE(mcp->connected());
  });
}

TEST_F(HttpClientTest, ADeadlineCancelsAtALegacyServer) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> { co_await peer.left(); };
    const auto mcp = client();
    co_await mcp->connect();
    CallOptions options;
    options.deadline = in(30ms);
    const auto reply = co_await call_tool(*mcp, options);
    EXPECT_FALSE(reply);
    if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kTimeout);
    EXPECT_TRUE(co_await eventually([&] { return server.count("notifications/cancelled") == 1; }));
    EXPECT_EQ(server.last("notifications/cancelled").params()["requestId"].raw(),
              server.last("tools/call").id);
  });
}

TEST_F(HttpClientTest, ADeadlineHoldsInTheMiddleOfAnAnswer) {
  run([this]() -> Async<void> {
    server.be_modern();
    bool left = false;
    server.on["tools/call"] = [&](const Seen&, Peer peer) -> Async<void> {
      co_await peer.start_events();
      co_await peer.raw(": wait\n\n");
      co_await peer.left();
      left = true;
    };
    const auto mcp = client();
    CallOptions options;
    options.deadline = in(100ms);
    const auto reply = co_await call_tool(*mcp, options);
    EXPECT_FALSE(reply);
    if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kTimeout);
    // In the modern era closing the stream is the cancellation.
    EXPECT_TRUE(co_await eventually([&] { return left; }));
    EXPECT_EQ(server.count("notifications/cancelled"), 0);
  });
}

TEST_F(HttpClientTest, ACancelledCallIsCancelledAtTheServer) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.start_events();
      co_await peer.left();
    };
    const auto mcp = client();
    co_await (call_tool(*mcp) || sleep_for(50ms));
    EXPECT_TRUE(co_await eventually([&] { return server.count("notifications/cancelled") == 1; }));
    EXPECT_TRUE(mcp->connected());
  });
}

TEST_F(HttpClientTest, ManyCallersShareOneAttemptAndNoneEndsItForTheOthers) {
  run([this]() -> Async<void> {
    server.be_modern();
    server.on["server/discover"] = [inner = server.on["server/discover"]](
                                       const Seen& seen, Peer peer) -> Async<void> {
      co_await sleep_for(50ms);
      co_await inner(seen, peer);
    };
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result("{}");
    };
    const auto mcp = client();
    co_await (mcp->connect() || sleep_for(5ms));  // gives up
    const auto [one, two] = co_await (call_tool(*mcp) && call_tool(*mcp));
    EXPECT_EQ(one, "{}");
    EXPECT_EQ(two, "{}");
    EXPECT_EQ(server.count("server/discover"), 1);
  });
}

TEST_F(HttpClientTest, AfterAFailureTheNextAttemptWaits) {
  run([this]() -> Async<void> {
    int attempts = 0;
    server.on["server/discover"] = [&](const Seen&, Peer peer) -> Async<void> {
      ++attempts;
      co_await peer.status(503);
    };
    const auto mcp = client();
    EXPECT_FALSE(co_await mcp->connect());
    EXPECT_FALSE(co_await mcp->connect());
    EXPECT_EQ(attempts, 1);
    server.be_modern();
    co_await sleep_for(110ms);
    EXPECT_TRUE(co_await mcp->connect());
  });
}

TEST_F(HttpClientTest, AnAbsentServerIsUnavailableAndComesBackByItself) {
  run([this]() -> Async<void> {
    net::HttpServerOptions options;
    auto first = std::make_unique<FakeHttpServer>(loops_, options);
    const auto url = first->url();
    options.port = static_cast<std::uint16_t>(std::stoi(url.port));
    first->be_modern();
    const auto mcp = Client::over_http(executor(), http_, {url, {}}, {});
    EXPECT_TRUE(co_await mcp->connect());
    co_await first->shutdown();
    first.reset();
    const auto reply = co_await call_tool(*mcp);
    EXPECT_FALSE(reply);
    if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kUnavailable);
    EXPECT_FALSE(mcp->connected());

    FakeHttpServer second(loops_, options);
    second.be_legacy();  // it may even come back as another
    second.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result("{}");
    };
    EXPECT_EQ(co_await call_tool(*mcp), "{}");
    co_await mcp->close();
    co_await second.shutdown();
  });
}

TEST_F(HttpClientTest, RpcErrorsComeWithTheirData) {
  run([this]() -> Async<void> {
    server.be_modern();
    for (const int status : {200, 400, 404, 500}) {
      server.on["tools/call"] = [status](const Seen&, Peer peer) -> Async<void> {
        co_await peer.error(status, {-32602, "unknown tool", R"({"uri": 1.0})"});
      };
      const auto mcp = client();
      const auto reply = co_await call_tool(*mcp);
      EXPECT_FALSE(reply);
      if (reply || !reply.error().rpc) {
        ADD_FAILURE() << status;
        continue;
      }
      EXPECT_EQ(reply.error().error.code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(reply.error().rpc->code, -32602);
      EXPECT_EQ(reply.error().rpc->data, R"({"uri": 1.0})");
      EXPECT_TRUE(mcp->connected());
    }
  });
}

TEST_F(HttpClientTest, BadAnswersAreProtocolErrors) {
  run([this]() -> Async<void> {
    server.be_modern();
    const auto mcp = client();
    for (const std::string body : {"", "<html>", "{}", R"({"jsonrpc":"2.0","id":"7","result":{}})",
                                   R"({"jsonrpc":"2.0","id":0,"result":{}})"}) {
      server.on["tools/call"] = [body](const Seen&, Peer peer) -> Async<void> {
        co_await peer.json(200, body);
      };
      const auto reply = co_await call_tool(*mcp);
      EXPECT_FALSE(reply) << body;
      if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kProtocol) << body;
    }
  });
}

TEST_F(HttpClientTest, AResultThatIsNotCompleteIsUnsupported) {
  run([this]() -> Async<void> {
    server.be_modern();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result(R"({"resultType":"input_required","requestState":"x"})");
    };
    const auto mcp = client();
    const auto reply = co_await call_tool(*mcp);
    EXPECT_FALSE(reply);
    if (!reply) EXPECT_EQ(reply.error().error.code, ErrorCode::kUnsupported);
  });
}

TEST_F(HttpClientTest, ListensToALegacyServer) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["GET"] = [](const Seen&, Peer peer) -> Async<void> {
      co_await peer.start_events();
      co_await peer.event(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
      co_await peer.left();
    };
    const auto mcp = client();
    EXPECT_TRUE(co_await mcp->connect());
    EXPECT_TRUE(co_await eventually([&] { return !notifications.empty(); }));
    EXPECT_EQ(server.last("GET").headers.get("Mcp-Session-Id"), "s1");
    EXPECT_EQ(server.last("GET").headers.get("Accept"), "text/event-stream");
    co_await mcp->close();
  });
}

TEST_F(HttpClientTest, AListenerThatLearnsOfALostSessionReconnects) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["GET"] = [this](const Seen&, Peer peer) -> Async<void> {
      co_await peer.start_events();
      if (server.sessions == 1) {
        ++server.sessions;  // a restart
        co_return;
      }
      co_await peer.left();
    };
    const auto mcp = client();
    EXPECT_TRUE(co_await mcp->connect());
    EXPECT_TRUE(co_await eventually([&] { return !notifications.empty(); }));
    EXPECT_EQ(server.sessions, 3);
    EXPECT_TRUE(mcp->connected());
    co_await mcp->close();
  });
}

TEST_F(HttpClientTest, ListensToAModernServer) {
  run([this]() -> Async<void> {
    server.be_modern(R"({"tools":{"listChanged":true}})");
    bool left = false;
    server.on["subscriptions/listen"] = [&](const Seen& seen, Peer peer) -> Async<void> {
      EXPECT_TRUE(seen.params()["notifications"]["toolsListChanged"].boolean());
      co_await peer.start_events();
      co_await peer.event(
          R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"})");
      co_await peer.event(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
      co_await peer.left();
      left = true;
    };
    auto mcp = client();
    EXPECT_TRUE(co_await mcp->connect());
    EXPECT_TRUE(co_await eventually([&] { return !notifications.empty(); }));
    EXPECT_EQ(notifications, std::vector<std::string>{"notifications/tools/list_changed"});
    mcp.reset();  // ends the stream without waiting
    EXPECT_TRUE(co_await eventually([&] { return left; }));
  });
}

TEST_F(HttpClientTest, ListsAllPagesOfTools) {
  run([this]() -> Async<void> {
    server.be_modern();
    server.on["tools/list"] = [](const Seen& seen, Peer peer) -> Async<void> {
      const std::string_view cursor = seen.params()["cursor"].string();
      co_await peer.result(cursor.empty() ? R"({"tools":[{"name":"a"}],"nextCursor":"2"})"
                                          : R"({"tools":[{"name":"b"}]})");
    };
    const auto mcp = client();
    const auto tools = co_await mcp->list("tools/list", kNever);
    EXPECT_EQ(tools, (std::vector<std::string>{R"({"name":"a"})", R"({"name":"b"})"}));
  });
}

TEST_F(HttpClientTest, MayBeDestroyedWhileCallsAreUnderWay) {
  run([this]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen& seen, Peer peer) -> Async<void> {
      co_await sleep_for(30ms);
      co_await peer.result("{\"id\":" + seen.id + "}");
    };
    auto mcp = client();
    co_await mcp->connect();
    int ended = 0;
    const auto work = [&](Client& its_client) -> Async<void> {
      co_await call_tool(its_client);
      ++ended;
    };
    for (int i = 0; i < 3; ++i) asio::co_spawn(executor(), work(*mcp), [](std::exception_ptr) {});
    co_await sleep_for(10ms);
    mcp.reset();
    EXPECT_TRUE(co_await eventually([&] { return ended == 3; }));

    auto connecting = client();
    asio::co_spawn(executor(), work(*connecting), [](std::exception_ptr) {});
    co_await sleep_for(0ms);
    connecting.reset();
    EXPECT_TRUE(co_await eventually([&] { return ended == 4; }));
  });
}

TEST_F(HttpClientTest, TheLoopMayEndWithCallsUnderWay) {
  auto mcp = client();
  run([this, &mcp]() -> Async<void> {
    server.be_legacy();
    server.on["tools/call"] = [](const Seen&, Peer peer) -> Async<void> { co_await peer.left(); };
    co_await (call_tool(*mcp) || sleep_for(30ms));
    const auto work = [](Client& its_client) -> Async<void> { co_await call_tool(its_client); };
    asio::co_spawn(executor(), work(*mcp), [](std::exception_ptr) {});
    co_await sleep_for(5ms);
  });
}

}  // namespace
}  // namespace larkspur::mcp
