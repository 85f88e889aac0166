// Servers of HTTP+SSE (2024-11-05): a GET stream with every answer on it, POSTs that are only
// accepted.
#include "mcp/client/fake_http_server.h"
#include "net/http_client.h"

namespace larkspur::mcp {
namespace {

// What such a server does, as the test wants it.
class SseServer {
 public:
  explicit SseServer(net::Loops& loops)
      : server_(loops, {}, [this](net::HttpRequest& request, net::HttpResponder& responder) {
          return handle(request, responder);
        }) {
    EXPECT_TRUE(server_.listen());
  }

  net::Url url() const {
    return *net::Url::parse("http://127.0.0.1:" + std::to_string(server_.port()) +
                            "/sse?key=secret");
  }
  // To the client of the newest stream.
  void say(std::string message) { said_.push_back(std::move(message)); }
  void hang_up() { ++hang_ups_; }
  int count(std::string_view method) const {
    int count = 0;
    for (const auto& one : seen) count += one->method == method;
    return count;
  }

  std::string endpoint = "/message?s=";  // and the number of the stream
  std::string version = "2024-11-05";
  // What a request is answered with over the stream; empty: not at all.
  std::function<std::string(const Seen&)> answer = [](const Seen&) { return "{\"n\":1.0}"; };
  std::function<int(const Seen&)> post_status = [](const Seen&) { return 202; };
  std::vector<std::shared_ptr<Seen>> seen;
  int streams = 0;

 private:
  Async<void> handle(net::HttpRequest& request, net::HttpResponder& responder) {
    const bool of_stream = request.target.starts_with("/message");
    if (request.method == "GET" && !of_stream) co_return co_await stream(responder);
    net::HttpResponse response{405, {}, ""};
    if (of_stream) {
      auto one = std::make_shared<Seen>();
      one->http_method = request.target;
      one->headers = request.headers;
      auto message = parse_message(request.body);
      one->method = message->method;
      one->id = message->id;
      one->document = std::move(message->document);
      seen.push_back(one);
      response.status = post_status(*one);
      if (response.status == 202 && message->is_request()) reply(*one);
    }
    co_await responder.send(std::move(response));
  }

  void reply(const Seen& request) {
    std::string result = answer(request);
    if (request.method == "initialize") {
      result = R"({"protocolVersion":")" + version + R"(","capabilities":{"tools":{}},)" +
               R"("serverInfo":{"name":"old","version":"1"}})";
    }
    if (!result.empty()) say(result_message(request.id, result));
  }

  Async<void> stream(net::HttpResponder& responder) {
    const int number = ++streams;
    const int hang_ups = hang_ups_;
    said_.clear();
    net::Headers headers{{"Content-Type", "text/event-stream; charset=utf-8"}};
    co_await responder.start_stream(200, std::move(headers));
    co_await responder.write(": hello\n\nevent: endpoint\ndata: " + endpoint +
                             std::to_string(number) + "\n\n");
    while (hang_ups == hang_ups_ && number == streams) {
      while (!said_.empty()) {
        const std::string event = net::sse_event(said_.front());
        said_.erase(said_.begin());
        if (!co_await responder.write(event)) co_return;
      }
      co_await sleep_for(2ms);
    }
  }

  net::HttpServer server_;
  std::vector<std::string> said_;
  int hang_ups_ = 0;
};

class SseConnectionTest : public LoopTest {
 protected:
  std::unique_ptr<Client> client(bool told = false) {
    ClientOptions options;
    options.connect_timeout = 5s;
    options.capabilities = R"({"elicitation":{}})";
    options.log = [this](std::string_view line) { log.emplace_back(line); };
    options.on_notification = [this](std::string_view method, std::string_view) {
      notifications.emplace_back(method);
    };
    return Client::over_http(
        executor(), http_,
        {.url = server.url(), .headers = {{"Authorization", "Bearer t"}}, .sse = told},
        std::move(options));
  }
  static Async<CallReply> call(Client& client, CallOptions options = {}) {
    co_return co_await client.call("tools/call", R"({"name":"echo"})", "echo", std::move(options));
  }

  SseServer server{loops_};
  net::HttpClient http_{executor()};
  std::vector<std::string> log, notifications;
};

TEST_F(SseConnectionTest, IsFoundOutOrToldAndServesCalls) {
  run([this]() -> Async<void> {
    for (const bool told : {false, true}) {
      const auto mcp = client(told);
      const auto facts = co_await mcp->connect();
      if (!facts) {
        ADD_FAILURE() << facts.error().message;
        co_return;
      }
      EXPECT_EQ(facts->protocol_version, "2024-11-05");
      EXPECT_TRUE(facts->sse);
      CallOptions::Facts seen;
      EXPECT_EQ(co_await call(*mcp, {.facts = &seen}), R"({"n":1.0})");
      EXPECT_EQ(seen.http_status, 202);
      EXPECT_TRUE(seen.sse);
      const Seen& last = *server.seen.back();
      EXPECT_EQ(last.http_method, "/message?s=" + std::to_string(server.streams));
      EXPECT_EQ(last.headers.get("Authorization"), "Bearer t");
      EXPECT_EQ(seen.request_id, last.id);
      co_await mcp->close();
    }
    EXPECT_EQ(server.count("server/discover"), 0);
    EXPECT_EQ(server.count("notifications/initialized"), 2);
  });
}

TEST_F(SseConnectionTest, AnEndpointElsewhereGetsNothing) {
  run([this]() -> Async<void> {
    server.endpoint = "http://127.0.0.2:1/message?s=";
    const auto facts = co_await client(true)->connect();
    EXPECT_FALSE(facts);
    if (!facts)
      EXPECT_TRUE(facts.error().message.contains("another origin")) << facts.error().message;
    if (!facts) EXPECT_FALSE(facts.error().message.contains("secret"));
    EXPECT_TRUE(server.seen.empty());
  });
}

TEST_F(SseConnectionTest, AStreamThatEndsFailsItsCallsAndIsReplaced) {
  run([this]() -> Async<void> {
    const auto mcp = client();
    server.answer = [](const Seen&) { return ""; };
    std::optional<CallReply> reply;
    run_detached(executor(), [](Client& of, std::optional<CallReply>& to) -> Async<void> {
      to = co_await call(of);
    }(*mcp, reply));
    EXPECT_TRUE(co_await eventually([this] { return server.count("tools/call") == 1; }));
    server.hang_up();
    EXPECT_TRUE(co_await eventually([&] { return reply.has_value(); }));
    EXPECT_EQ(reply->error().error.code, ErrorCode::kClosed);
    EXPECT_EQ(server.count("notifications/cancelled"), 0);

    server.answer = [](const Seen&) { return "{}"; };
    EXPECT_TRUE(co_await eventually([&] { return mcp->connected(); }));
    EXPECT_EQ(co_await call(*mcp), "{}");
    EXPECT_EQ(server.streams, 2);
    EXPECT_TRUE(std::ranges::count(notifications, "notifications/tools/list_changed") > 0);
    co_await mcp->close();
  });
}

TEST_F(SseConnectionTest, ACallThatItsServerNeverTookIsSentAgainOnce) {
  run([this]() -> Async<void> {
    const auto mcp = client();
    EXPECT_TRUE(co_await mcp->connect());
    server.post_status = [](const Seen& post) {
      return post.http_method.ends_with("1") ? 404 : 202;
    };
    EXPECT_EQ(co_await call(*mcp), R"({"n":1.0})");
    EXPECT_EQ(server.count("tools/call"), 2);
    server.post_status = [](const Seen&) { return 400; };
    const auto reply = co_await call(*mcp);
    EXPECT_FALSE(reply);
    EXPECT_EQ(server.count("tools/call"), 3) << "it may have taken that one";
    co_await mcp->close();
  });
}

TEST_F(SseConnectionTest, WhoGivesUpSaysSo) {
  run([this]() -> Async<void> {
    const auto mcp = client();
    server.answer = [](const Seen&) { return ""; };
    const auto reply = co_await call(*mcp, {.deadline = in(200ms)});
    EXPECT_FALSE(reply);
    EXPECT_EQ(reply.error().error.code, ErrorCode::kTimeout);
    EXPECT_TRUE(
        co_await eventually([this] { return server.count("notifications/cancelled") == 1; }));
    EXPECT_EQ(server.seen.back()->params()["requestId"].raw(),
              server.seen[server.seen.size() - 2]->id);
    co_await mcp->close();
  });
}

TEST_F(SseConnectionTest, TheServerAsksAndTells) {
  run([this]() -> Async<void> {
    const auto mcp = client();
    server.answer = [this](const Seen& request) -> std::string {
      if (request.method != "tools/call") return "{}";
      const std::string token(request.params()["_meta"]["progressToken"].raw());
      server.say(
          R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":)" +
          token + R"(,"progress":1}})");
      server.say(R"({"jsonrpc":"2.0","id":"ask","method":"elicitation/create","params":{"q":1}})");
      server.say(R"({"jsonrpc":"2.0","id":9,"method":"ping"})");
      server.say("not json");
      return "{\"done\":true}";
    };
    std::vector<std::string> heard, asked;
    CallOptions options;
    options.on_notification = [&](std::string_view method, std::string_view params) {
      heard.push_back(std::string(method) + std::string(params));
    };
    options.on_request = [&asked](std::string method, std::string params) -> Async<RpcResult> {
      asked.push_back(method + params);
      co_return RpcResult(R"({"action":"decline"})");
    };
    EXPECT_EQ(co_await call(*mcp, std::move(options)), "{\"done\":true}");
    EXPECT_EQ(heard, std::vector<std::string>{R"(notifications/progress{"progress":1})"});
    EXPECT_EQ(asked, std::vector<std::string>{R"(elicitation/create{"q":1})"});
    const auto answered = [this](std::string_view id) {
      return std::ranges::any_of(server.seen, [&](const auto& one) {
        return one->id == id && one->document.root()["result"].exists();
      });
    };
    EXPECT_TRUE(co_await eventually([&] { return answered("\"ask\"") && answered("9"); }));
    EXPECT_FALSE(log.empty());
    co_await mcp->close();
  });
}

TEST_F(SseConnectionTest, WhatIsNoSuchServerKeepsTheFirstError) {
  run([this]() -> Async<void> {
    FakeHttpServer other(loops_);
    ClientOptions options;
    const auto mcp = Client::over_http(executor(), http_, {.url = other.url()}, std::move(options));
    const auto facts = co_await mcp->connect();
    EXPECT_FALSE(facts);
    if (!facts)
      EXPECT_TRUE(facts.error().message.starts_with("initialize: ")) << facts.error().message;
    EXPECT_EQ(other.count("GET"), 1);
  });
}

}  // namespace
}  // namespace larkspur::mcp
