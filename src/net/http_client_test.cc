#include "net/http_client.h"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <mutex>

#include "net/testing.h"

namespace larkspur::net {
namespace {

using namespace boost::asio::experimental::awaitable_operators;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Async<void> echo(HttpRequest& request, HttpResponder& responder) {
  HttpResponse response;
  response.headers.add("X-Host", std::string(request.headers.get("Host")));
  response.headers.add("X-Peer", request.peer);  // tells connections apart
  response.body = std::move(request.body);
  co_await responder.send(std::move(response));
}

HttpRequest post(std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

SteadyClock::time_point in(std::chrono::milliseconds time) {
  return SteadyClock::now() + time;
}

// A client on a loop of its own, used from the test's thread.
class Client {
 public:
  explicit Client(HttpClientOptions options = {}) { loops_.run(make(std::move(options))); }
  ~Client() { loops_.run(drop()); }

  Result<HttpResponse> send(const std::string& url, HttpRequest request,
                            std::chrono::milliseconds limit = 10s,
                            std::size_t max_body = 64 * 1024 * 1024) {
    Url parsed = *Url::parse(url);
    parsed.target = parsed.target == "/" ? request.target : parsed.target;
    request.target = parsed.target;
    return loops_.run(client_->send(std::move(parsed), std::move(request), in(limit), max_body));
  }
  BackgroundLoops& loops() { return loops_; }
  HttpClient& get() { return *client_; }

 private:
  Async<int> make(HttpClientOptions options) {
    client_ = std::make_unique<HttpClient>(loops_.get().executor(0), std::move(options));
    co_return 0;
  }
  Async<int> drop() {
    client_.reset();
    co_return 0;
  }
  BackgroundLoops loops_{1};
  std::unique_ptr<HttpClient> client_;
};

// Says fixed bytes to each connection in turn, after it has read a request, then closes.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers, std::chrono::milliseconds pause = 0ms)
      : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::jthread([this, answers = std::move(answers), pause] {
      for (const std::string& answer : answers) {
        boost::system::error_code error;
        asio::ip::tcp::socket socket(context_);
        acceptor_.accept(socket, error);
        if (error) return;
        ++accepted;
        char bytes[4096];
        socket.read_some(asio::buffer(bytes), error);
        asio::write(socket, asio::buffer(answer), error);
        std::this_thread::sleep_for(pause);
      }
    });
  }
  ~ScriptedServer() { ::shutdown(acceptor_.native_handle(), SHUT_RDWR); }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }
  std::atomic<int> accepted = 0;

 private:
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::jthread thread_;
};

Result<HttpResponse> answer_of(std::string bytes) {
  ScriptedServer server({std::move(bytes)});
  Client client;
  return client.send(server.url(), post("x"));
}

TEST(HttpClientTest, SendsAndReusesItsConnection) {
  TestServer server(echo);
  Client client;
  std::string peer;
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.send(server.url(), post("hello " + std::to_string(i)));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hello " + std::to_string(i));
    EXPECT_EQ(answer->headers.get("X-Host"), server.url().substr(7, server.url().size() - 8));
    if (i > 0) EXPECT_EQ(answer->headers.get("X-Peer"), peer);
    peer = answer->headers.get("X-Peer");
  }
  EXPECT_EQ(server.get().connections(), 1u);
}

TEST(HttpClientTest, LocalhostWorksWhereverItPoints) {
  TestServer server(echo);
  Client client;
  const auto answer =
      client.send("http://localhost:" + std::to_string(server.get().port()), post("x"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "x");
}

TEST(HttpClientTest, ReplacesAConnectionThatDiedInThePool) {
  HttpServerOptions options;
  options.idle_timeout = 20ms;
  TestServer server(echo, options);
  Client client;
  ASSERT_TRUE(client.send(server.url(), post("a")));
  ASSERT_TRUE(eventually([&] { return server.get().connections() == 0; }));
  const auto answer = client.send(server.url(), post("b"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "b");
}

// The peer closes the pooled connection at the moment when the next request is on its way.
TEST(HttpClientTest, SendsAgainOnceWhenThePooledConnectionWasStale) {
  class Closer {
   public:
    Closer() : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
      thread_ = std::jthread([this] {
        for (int i = 0; i < 2; ++i) {
          asio::ip::tcp::socket socket(context_);
          acceptor_.accept(socket);
          char bytes[4096];
          socket.read_some(asio::buffer(bytes));
          asio::write(
              socket,
              asio::buffer(std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
          if (i == 0) socket.read_some(asio::buffer(bytes));  // the second request: no answer
        }
      });
    }
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_;
    std::jthread thread_;
  } server;
  Client client;
  const std::string url =
      "http://127.0.0.1:" + std::to_string(server.acceptor_.local_endpoint().port());
  ASSERT_TRUE(client.send(url, post("a")));
  const auto answer = client.send(url, post("b"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
}

TEST(HttpClientTest, DoesNotSendAgainOnAFreshConnection) {
  ScriptedServer server({"", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
  Client client;
  const auto answer = client.send(server.url(), post("x"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kClosed);
  EXPECT_EQ(server.accepted, 1);
}

TEST(HttpClientTest, CarriesLargeBodiesBothWays) {
  HttpServerOptions options;
  options.max_body_bytes = 64 * 1024 * 1024;
  TestServer server(echo, options);
  Client client;
  std::string body(50 * 1000 * 1000, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  const auto answer = client.send(server.url(), post(body));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->body == body);
}

TEST(HttpClientTest, ReadsEveryFramingOfAnAnswer) {
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab")->body, "ab");
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n"
                      "0\r\n\r\n")
                ->body,
            "ab");
  EXPECT_EQ(answer_of("HTTP/1.1 200 OK\r\n\r\nab")->body, "ab");
  EXPECT_EQ(answer_of("HTTP/1.1 204 No Content\r\n\r\n")->status, 204);
  EXPECT_EQ(answer_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nab")
                ->status,
            201);
}

TEST(HttpClientTest, RefusesAnAnswerThatIsNotHttp) {
  for (const std::string bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    const auto answer = answer_of(bytes);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().code, ErrorCode::kProtocol) << answer.error().message;
  }
}

TEST(HttpClientTest, AnAnswerCutShortIsAnError) {
  for (const std::string bytes :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    const auto answer = answer_of(bytes);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().code, ErrorCode::kClosed) << answer.error().message;
  }
}

TEST(HttpClientTest, RefusesAnAnswerPastTheLimit) {
  TestServer server(echo);
  Client client;
  const auto declared = client.send(server.url(), post(std::string(2000, 'x')), 10s, 1000);
  ASSERT_FALSE(declared);
  EXPECT_EQ(declared.error().code, ErrorCode::kTooLarge);
  ScriptedServer endless({"HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x')});
  EXPECT_EQ(client.send(endless.url(), post("x"), 10s, 1000).error().code, ErrorCode::kTooLarge);
}

TEST(HttpClientTest, KeepsItsDeadline) {
  ScriptedServer silent({""}, 300ms);
  ScriptedServer half({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"}, 300ms);
  Client client;
  for (ScriptedServer* server : {&silent, &half}) {
    const auto begin = SteadyClock::now();
    const auto answer = client.send(server->url(), post("x"), 50ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
    EXPECT_LT(SteadyClock::now() - begin, 250ms);
  }
}

TEST(HttpClientTest, SaysWhoCannotBeReached) {
  std::uint16_t port = 0;
  {
    TestServer gone(echo);
    port = gone.get().port();
  }
  Client client;
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  const auto refused = client.send(url, post("x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr(url));
  EXPECT_THAT(refused.error().message, HasSubstr("refused"));

  const auto unknown = client.send("http://no-such-host.invalid/", post("x"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(unknown.error().message, HasSubstr("no-such-host.invalid"));
}

TEST(HttpClientTest, RefusesHeadersThatWouldBreakTheMessage) {
  TestServer server(echo);
  Client client;
  HttpRequest request = post("x");
  request.headers.add("X-Tool", "a\r\nContent-Length: 0");
  const auto answer = client.send(server.url(), std::move(request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(answer.error().message, HasSubstr("X-Tool"));
}

TEST(HttpClientTest, ReadsTheAnswerToABodyThatWasRefused) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(echo, options);
  Client client;
  const auto answer = client.send(server.url(), post(std::string(20'000'000, 'x')));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 413);
}

TEST(HttpClientTest, ACancelledRequestClosesItsConnection) {
  std::atomic<int> started = 0, left = 0;
  auto wait = [&](HttpRequest&, HttpResponder& responder) -> Async<void> {
    ++started;
    co_await responder.peer_left();
    ++left;
  };
  TestServer server(wait);
  Client client;
  auto race = [&]() -> Async<std::size_t> {
    Timer timer(co_await asio::this_coro::executor, 50ms);
    Url url = *Url::parse(server.url());
    const auto winner = co_await (client.get().send(std::move(url), post("x"), in(10s)) ||
                                  timer.async_wait(kAwait));
    co_return winner.index();
  };
  EXPECT_EQ(client.loops().run(race()), 1u);
  EXPECT_EQ(started, 1);
  EXPECT_TRUE(eventually([&] { return left == 1; }));
}

TEST(HttpClientTest, ManyRequestsAtOnce) {
  TestServer server(echo);
  Client client;
  std::atomic<int> right = 0;
  auto one = [&](int i) -> Async<void> {
    for (int k = 0; k < 10; ++k) {
      Url url = *Url::parse(server.url());
      const auto answer =
          co_await client.get().send(std::move(url), post(std::to_string(i)), in(10s));
      if (answer && answer->body == std::to_string(i)) ++right;
    }
  };
  std::vector<std::future<void>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(asio::co_spawn(client.loops().get().executor(0), one(i), asio::use_future));
  }
  for (auto& each : all) each.get();
  EXPECT_EQ(right, 1000);
  EXPECT_LE(server.get().connections(), 100u);
}

// --- bodies that are read as they arrive ---

Async<Result<std::string>> read_stream(HttpClient& client, std::string url, int* pieces) {
  auto stream = co_await client.open(*Url::parse(url), post("x"), in(10s));
  if (!stream) co_return fail(stream.error());
  std::string all;
  for (;;) {
    auto piece = co_await (*stream)->read_some();
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) co_return all;
    ++*pieces;
    all += *piece;
  }
}

TEST(HttpClientTest, OpenGivesTheBodyAsItArrivesAndReusesTheConnection) {
  auto stream = [](HttpRequest& request, HttpResponder& responder) -> Async<void> {
    Headers headers{{"X-Peer", request.peer}};
    co_await responder.start_stream(200, std::move(headers));
    Timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < 3; ++i) {
      co_await responder.write("piece" + std::to_string(i));
      timer.expires_after(10ms);
      co_await timer.async_wait(kAwait);
    }
  };
  TestServer server(stream);
  Client client;
  for (int i = 0; i < 2; ++i) {
    int pieces = 0;
    const auto all = client.loops().run(read_stream(client.get(), server.url(), &pieces));
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(*all, "piece0piece1piece2");
    EXPECT_GE(pieces, 3);
  }
  EXPECT_EQ(server.get().connections(), 1u);
}

TEST(HttpClientTest, DroppingABodyClosesTheConnection) {
  std::atomic<bool> left = false;
  auto endless = [&](HttpRequest&, HttpResponder& responder) -> Async<void> {
    co_await responder.start_stream(200, {});
    co_await responder.write("x");
    co_await responder.peer_left();
    left = true;
  };
  TestServer server(endless);
  Client client;
  auto read_one = [&]() -> Async<std::string> {
    auto stream = co_await client.get().open(*Url::parse(server.url()), post(""), in(10s));
    if (!stream) co_return stream.error().message;
    co_return (co_await (*stream)->read_some()).value_or("error");
  };
  EXPECT_EQ(client.loops().run(read_one()), "x");
  EXPECT_TRUE(eventually([&] { return left.load(); }));
}

TEST(HttpClientTest, ACancelledReadLosesNothing) {
  auto slow = [](HttpRequest&, HttpResponder& responder) -> Async<void> {
    co_await responder.start_stream(200, {});
    Timer timer(co_await asio::this_coro::executor, 60ms);
    co_await timer.async_wait(kAwait);
    co_await responder.write("late");
  };
  TestServer server(slow);
  Client client;
  auto read = [&]() -> Async<std::string> {
    auto stream = co_await client.get().open(*Url::parse(server.url()), post(""), in(10s));
    if (!stream) co_return stream.error().message;
    Timer timer(co_await asio::this_coro::executor, 10ms);
    const auto winner = co_await ((*stream)->read_some() || timer.async_wait(kAwait));
    if (winner.index() != 1) co_return "too early";
    co_return (co_await (*stream)->read_some()).value_or("error");
  };
  EXPECT_EQ(client.loops().run(read()), "late");
}

}  // namespace
}  // namespace larkspur::net
