// For tests: an MCP server over HTTP whose every answer a test decides. Everything runs on one
// loop, on the test's own thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "json/value.h"
#include "mcp/client/client.h"
#include "mcp/client/waiting.h"
#include "mcp/message.h"
#include "net/http_server.h"
#include "net/loops.h"
#include "net/sse.h"

namespace larkspur::mcp {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// One request that the server saw.
struct Seen {
  std::string http_method;
  net::Headers headers;
  std::string body;
  json::Document document;
  std::string method;  // of the message; "" when there is none
  std::string id;      // raw

  json::Value params() const { return document.root()["params"]; }
};

class Peer {
 public:
  Peer(const Seen& seen, net::HttpResponder& responder) : seen_(seen), responder_(responder) {}

  Async<void> status(int code, std::string body = "", net::Headers headers = {}) {
    net::HttpResponse response{code, std::move(headers), std::move(body)};
    co_await responder_.send(std::move(response));
  }
  Async<void> json(int code, std::string body, net::Headers headers = {}) {
    headers.set("Content-Type", "application/json");
    co_await status(code, std::move(body), std::move(headers));
  }
  Async<void> result(std::string result, net::Headers headers = {}) {
    co_await json(200, result_message(seen_.id, result), std::move(headers));
  }
  Async<void> error(int code, RpcError error) {
    co_await json(code, error_message(seen_.id, error));
  }
  Async<void> start_events() {
    net::Headers headers{{"Content-Type", "text/event-stream"}};
    co_await responder_.start_stream(200, std::move(headers));
  }
  Async<void> event(std::string data, std::string id = "") {
    co_await responder_.write(net::sse_event(data, id));
  }
  Async<void> raw(std::string bytes) { co_await responder_.write(bytes); }
  Async<void> left() { co_await responder_.peer_left(); }

 private:
  const Seen& seen_;
  net::HttpResponder& responder_;
};

class FakeHttpServer {
 public:
  using Handler = std::function<Async<void>(const Seen& seen, Peer peer)>;

  explicit FakeHttpServer(net::Loops& loops, net::HttpServerOptions options = {})
      : server_(loops, std::move(options),
                [this](net::HttpRequest& request, net::HttpResponder& responder) {
                  return handle(request, responder);
                }) {
    const auto listening = server_.listen();
    EXPECT_TRUE(listening) << listening.error().message;
  }

  // By JSON-RPC method, or "GET", "DELETE" and so on. What has no handler gets 405 or, as a
  // message, 202 for notifications and -32601 for requests.
  std::map<std::string, Handler> on;
  std::vector<std::shared_ptr<Seen>> seen;

  // initialize answers with session "s1", "s2", ...; everything with another session id gets 404.
  void be_legacy() {
    on["initialize"] = [this](const Seen&, Peer peer) -> Async<void> {
      net::Headers headers{{"Mcp-Session-Id", "s" + std::to_string(++sessions)}};
      co_await peer.result(
          R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},)"
          R"("serverInfo":{"name":"fake","version":"1"}})",
          std::move(headers));
    };
    checks_session = true;
  }
  void be_modern(std::string capabilities = R"({"tools":{}})") {
    on["server/discover"] = [capabilities](const Seen&, Peer peer) -> Async<void> {
      co_await peer.result(
          R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":)" +
          capabilities + "}");
    };
  }

  net::Url url() const {
    return *net::Url::parse("http://127.0.0.1:" + std::to_string(server_.port()) +
                            "/mcp?key=secret");
  }
  int count(std::string_view method) const {
    int count = 0;
    for (const auto& one : seen) count += one->method == method || one->http_method == method;
    return count;
  }
  const Seen& last(std::string_view method) const {
    for (auto one = seen.rbegin(); one != seen.rend(); ++one) {
      if ((*one)->method == method || (*one)->http_method == method) return **one;
    }
    throw std::logic_error("the server never saw " + std::string(method));
  }
  Async<void> shutdown() { co_await server_.shutdown(0ms); }

  int sessions = 0;
  bool checks_session = false;

 private:
  Async<void> handle(net::HttpRequest& request, net::HttpResponder& responder) {
    auto one = std::make_shared<Seen>();
    one->http_method = request.method;
    one->headers = request.headers;
    one->body = request.body;
    if (auto message = parse_message(request.body)) {
      one->method = message->method;
      one->id = message->id;
      one->document = std::move(message->document);
    }
    seen.push_back(one);
    Peer peer(*one, responder);

    if (checks_session && one->method != "initialize" && one->method != "server/discover" &&
        one->headers.get("Mcp-Session-Id") != "s" + std::to_string(sessions)) {
      co_await peer.error(404, {-32001, "Session not found", ""});
      co_return;
    }
    const auto handler = on.find(one->method.empty() ? one->http_method : one->method);
    if (handler != on.end()) {
      const Handler run = handler->second;  // a test may replace it meanwhile
      co_await run(*one, peer);
    } else if (request.method != "POST") {
      co_await peer.status(405);
    } else if (one->id.empty() || one->method.empty()) {
      co_await peer.status(202);
    } else {
      co_await peer.error(400, {rpc::kMethodNotFound, "Method not found", ""});
    }
  }

  net::HttpServer server_;
};

// Waits, on the loop, until `condition` holds; false after five seconds.
inline Async<bool> eventually(std::function<bool()> condition) {
  for (int i = 0; i < 1'000 && !condition(); ++i) co_await sleep_for(5ms);
  co_return condition();
}

// Runs the body of a test on a loop.
class LoopTest : public testing::Test {
 protected:
  void run(std::function<Async<void>()> body) {
    asio::co_spawn(loops_.executor(0), body(), [this](std::exception_ptr thrown) {
      try {
        if (thrown) std::rethrow_exception(thrown);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      loops_.stop();
    });
    loops_.run();
  }
  Executor executor() { return loops_.executor(0); }
  static SteadyClock::time_point in(std::chrono::milliseconds time) {
    return SteadyClock::now() + time;
  }

  net::Loops loops_{1};
};

}  // namespace larkspur::mcp
