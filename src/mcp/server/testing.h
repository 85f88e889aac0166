// For the tests of this room: what stands around an endpoint, made of memory, on one loop that the
// test turns by hand.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"
#include "mcp/client/param_headers.h"
#include "mcp/message.h"
#include "mcp/server/handler.h"
#include "mcp/server/http_endpoint.h"
#include "mcp/server/sessions.h"
#include "net/http_server.h"
#include "net/mailbox.h"

namespace larkspur::mcp::server {

using std::chrono_literals::operator""ms;

inline json::Document parsed(std::string_view text) {
  auto document = json::Document::parse(std::string(text));
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().message);
  return document ? *std::move(document) : json::Document();
}

// Waits until its coroutine is cancelled, as a tool that never answers.
inline Async<void> wait_for_cancellation() {
  Timer never(co_await asio::this_coro::executor, SteadyClock::time_point::max());
  co_await never.async_wait(kAwait);
}

class FakeHandler final : public Handler {
 public:
  using Behaviour = std::function<Async<RpcResult>(const Request&)>;

  const ServerIdentity& identity() const override { return identity_; }
  Async<RpcResult> handle(const Request& request) override {
    ++calls;
    last_info = request.info;
    last_method = request.method;
    last_params = request.params.raw();
    if (behaviour) co_return co_await behaviour(request);
    co_return R"({"tools": [], "big": 12345678901234567890.0})";
  }

  std::shared_ptr<const std::vector<ParamHeader>> param_headers(const Identity&,
                                                                std::string_view) override {
    return params;
  }

  Behaviour behaviour;
  std::shared_ptr<const std::vector<ParamHeader>> params;
  int calls = 0;
  RequestInfo last_info;
  std::string last_method;
  std::string last_params;

 private:
  ServerIdentity identity_{{"larkspur", "1.2.3"}, "Be kind.", R"({"tools":{"listChanged":true}})"};
};

class FakeStream final : public SessionStream {
 public:
  explicit FakeStream(std::shared_ptr<net::Mailbox<std::string>> box) : box_(std::move(box)) {}
  Async<std::optional<std::string>> next(SteadyClock::time_point until) override {
    auto item = co_await box_->take(until);
    if (item && item->empty()) ended_ = true;  // the end, in these tests
    if (ended_) co_return std::nullopt;
    co_return item;
  }
  bool ended() const override { return ended_; }

 private:
  std::shared_ptr<net::Mailbox<std::string>> box_;
  bool ended_ = false;
};

class FakeFeed final : public ChangeFeed {
 public:
  explicit FakeFeed(const Executor& executor) : executor_(executor) {}
  std::unique_ptr<SessionStream> subscribe(const Identity&, std::vector<std::string>&) override {
    boxes_.push_back(std::make_shared<net::Mailbox<std::string>>(executor_, 16));
    return std::make_unique<FakeStream>(boxes_.back());
  }
  void announce(std::string_view method) {
    for (const auto& box : boxes_) box->put(notification_message(method, ""));
  }

 private:
  Executor executor_;
  std::vector<std::shared_ptr<net::Mailbox<std::string>>> boxes_;
};

class FakeSessions final : public SessionStore {
 public:
  explicit FakeSessions(const Executor& executor) : executor_(executor) {}

  Async<std::shared_ptr<const Session>> create(Session session) override {
    session.id = "session-" + std::to_string(++created_);
    auto shared = std::make_shared<const Session>(std::move(session));
    sessions_[shared->id] = shared;
    co_return shared;
  }
  std::shared_ptr<const Session> find(std::string_view id) override {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second;
  }
  Async<bool> remove(std::string id) override { co_return sessions_.erase(id) > 0; }
  std::unique_ptr<SessionStream> open_stream(const Session& session) override {
    if (const auto old = streams_[session.id]) old->put("");
    streams_[session.id] = std::make_shared<net::Mailbox<std::string>>(executor_, 16);
    return std::make_unique<FakeStream>(streams_[session.id]);
  }
  void push(const std::string& id, std::string message) {
    streams_.at(id)->put(std::move(message));
  }

 private:
  Executor executor_;
  std::map<std::string, std::shared_ptr<const Session>, std::less<>> sessions_;
  std::map<std::string, std::shared_ptr<net::Mailbox<std::string>>> streams_;
  int created_ = 0;
};

// One exchange: the request, and what has been answered so far.
class FakeExchange final : public net::HttpResponder {
 public:
  FakeExchange(const Executor& executor, net::HttpRequest the_request)
      : request(std::move(the_request)), left_(executor, SteadyClock::time_point::max()) {}

  Async<bool> send(net::HttpResponse response) override {
    EXPECT_FALSE(answered_);
    answered_ = true;
    status = response.status;
    headers = std::move(response.headers);
    body = std::move(response.body);
    co_return !peer_gone_;
  }
  Async<bool> start_stream(int new_status, net::Headers new_headers) override {
    EXPECT_FALSE(answered_);
    answered_ = streaming = true;
    status = new_status;
    headers = std::move(new_headers);
    co_return !peer_gone_;
  }
  Async<bool> write(std::string_view piece) override {
    EXPECT_TRUE(streaming);
    EXPECT_FALSE(done) << "written after the handler had returned";
    body += piece;
    co_return !peer_gone_;
  }
  bool answered() const override { return answered_; }
  Async<void> peer_left() override {
    while (!peer_gone_) co_await left_.async_wait(kAwaitTuple);
  }
  void cancel_when_peer_leaves() override { peer_matters_ = true; }

  void leave() {
    peer_gone_ = true;
    left_.cancel();
    if (peer_matters_) ended.emit(asio::cancellation_type::terminal);
  }

  // The error code of a JSON-RPC error in the body, else 0.
  std::int64_t error_code() const {
    if (body.empty() || streaming) return 0;
    return parsed(body).root()["error"]["code"].integer().value_or(0);
  }

  net::HttpRequest request;
  int status = 0;
  net::Headers headers;
  std::string body;  // of a stream: everything written so far
  bool streaming = false;
  bool done = false;                // the handler has returned
  asio::cancellation_signal ended;  // the connection, and with it the handler

 private:
  Timer left_;
  bool peer_matters_ = false;
  bool answered_ = false;
  bool peer_gone_ = false;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

// An endpoint with all of that around it.
class EndpointTest : public testing::Test {
 protected:
  using Shared = std::shared_ptr<FakeExchange>;

  // Starts an exchange and turns the loop until nothing more happens by itself. In `fields` an
  // empty value takes a default header away.
  Shared start(std::string method, std::string body, const Fields& fields) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = "/mcp";
    request.peer = "127.0.0.1:40312";
    request.headers = {{"Host", "localhost:8080"},
                       {"Content-Type", "application/json"},
                       {"Accept", "application/json, text/event-stream"}};
    request.body = std::move(body);
    net::Headers headers;
    for (const auto& [name, value] : fields) request.headers.set(name, value);
    for (const auto& [name, value] : request.headers) {
      if (!value.empty()) headers.add(name, value);
    }
    request.headers = headers;
    auto exchange = std::make_shared<FakeExchange>(executor_, std::move(request));
    asio::co_spawn(executor_, serve(exchange),
                   asio::bind_cancellation_slot(exchange->ended.slot(), asio::detached));
    turn();
    return exchange;
  }
  Shared post(std::string body, const Fields& fields = {}) {
    return start("POST", std::move(body), fields);
  }

  // A modern POST of `method` with all the headers; `params` are members without _meta.
  Shared modern(std::string_view method, std::string_view params = "", Fields fields = {},
                std::string_view id = "1", std::string_view more_meta = "") {
    const std::string meta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                             R"("io.modelcontextprotocol/clientCapabilities":{"roots":{}}})";
    std::string text = R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" +
                       std::string(method) + R"(","params":{)" + std::string(params) +
                       (params.empty() ? "" : ",") + meta.substr(0, meta.size() - 1) +
                       std::string(more_meta) + "}}}";
    Fields all{{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", std::string(method)}};
    for (auto& field : fields) {
      std::erase_if(all, [&](const auto& other) { return other.first == field.first; });
      all.push_back(field);
    }
    return post(std::move(text), all);
  }

  // A session of the legacy era.
  std::string open_session() {
    const auto exchange = post(
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
        R"("capabilities":{},"clientInfo":{"name":"probe","version":"9"}}})");
    EXPECT_EQ(exchange->status, 200) << exchange->body;
    return std::string(exchange->headers.get("Mcp-Session-Id"));
  }
  Shared legacy(std::string_view session, std::string_view method, std::string_view params = "",
                std::string_view id = "1", Fields fields = {}) {
    std::string text = R"({"jsonrpc":"2.0",)" +
                       (id.empty() ? "" : "\"id\":" + std::string(id) + ",") + R"("method":")" +
                       std::string(method) + "\"" +
                       (params.empty() ? "" : ",\"params\":" + std::string(params)) + "}";
    fields.insert(fields.begin(), {{"Mcp-Session-Id", std::string(session)},
                                   {"MCP-Protocol-Version", "2025-11-25"}});
    return post(std::move(text), fields);
  }

  // Runs what is ready, and what becomes ready through it.
  void turn() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }
  void turn_for(std::chrono::milliseconds time) {
    loop_.restart();
    loop_.run_for(time);
  }

  EventLoop loop_{1};
  Executor executor_ = loop_.get_executor();
  FakeHandler handler_;
  FakeSessions sessions_{executor_};
  FakeFeed feed_{executor_};
  HttpEndpointOptions options_;
  std::unique_ptr<HttpEndpoint> endpoint_;

 private:
  Async<void> serve(Shared exchange) {
    if (!endpoint_)
      endpoint_ = std::make_unique<HttpEndpoint>(handler_, sessions_, feed_, options_);
    bool cancelled = false;
    try {
      co_await endpoint_->handle(exchange->request, *exchange);
    } catch (const boost::system::system_error&) {
      cancelled = true;  // nobody is left to answer
    }
    exchange->done = true;
    EXPECT_NE(exchange->answered(), cancelled);
  }
};

}  // namespace larkspur::mcp::server
