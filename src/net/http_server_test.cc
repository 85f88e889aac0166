#include "net/http_server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "net/testing.h"

namespace larkspur::net {
namespace {

using namespace boost::asio::experimental::awaitable_operators;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Async<void> echo(HttpRequest& request, HttpResponder& responder) {
  HttpResponse response{.status = 200,
                        .headers = {{"Content-Type", "text/plain"}},
                        .body = request.method + " " + request.target + " " + request.body};
  co_await responder.send(std::move(response));
}

std::string post(std::string_view body, std::string_view more = "") {
  return "POST /e HTTP/1.1\r\nHost: x\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// What a server says to these bytes until it closes.
std::string answer_to(std::string_view bytes, HttpServerOptions options = {}) {
  TestServer server(echo, std::move(options));
  RawPeer peer(server.get().port());
  peer.send(bytes);
  return peer.read_all();
}

TEST(HttpServerTest, AnswersAndKeepsTheConnection) {
  TestServer server(echo);
  RawPeer peer(server.get().port());
  for (int i = 0; i < 3; ++i) {
    peer.send(post("hello"));
    const std::string head = peer.read_until("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Length: 13\r\n"));
    EXPECT_THAT(head, HasSubstr("Date: "));
    EXPECT_EQ(peer.read_until("hello"), "POST /e hello");
  }
  EXPECT_EQ(server.get().connections(), 1u);
}

TEST(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  const std::string answer = answer_to(post("a", "Connection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("POST /e a"));
}

TEST(HttpServerTest, AnswersTenThousandPipelinedRequestsInOrder) {
  TestServer server(echo);
  RawPeer peer(server.get().port());
  std::string all;
  for (int i = 0; i < 10'000; ++i) all += post("<" + std::to_string(i) + ">");
  std::jthread sender([&] { peer.send(all); });
  for (int i = 0; i < 10'000; ++i) {
    const std::string wanted = "POST /e <" + std::to_string(i) + ">";
    const std::string got = peer.read_until(">");
    ASSERT_THAT(got, EndsWith(wanted));
  }
}

TEST(HttpServerTest, ReadsARequestCutAtEveryByte) {
  TestServer server(echo);
  const std::string text =
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n";
  RawPeer peer(server.get().port());
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    peer.send(text.substr(0, cut));
    if (cut % 8 == 0) std::this_thread::sleep_for(1ms);
    peer.send(text.substr(cut));
    ASSERT_THAT(peer.read_until("!"), EndsWith("POST /e hello!")) << cut;
  }
}

TEST(HttpServerTest, TakesAndGivesLargeBodies) {
  HttpServerOptions options;
  options.max_body_bytes = 64 * 1024 * 1024;
  TestServer server(echo, options);
  const std::string body(50 * 1000 * 1000, 'x');
  RawPeer peer(server.get().port());
  std::jthread sender([&] { peer.send(post(body, "Connection: close\r\n")); });
  const std::string answer = peer.read_all();
  EXPECT_THAT(answer.substr(0, 200), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_GT(answer.size(), body.size());
  EXPECT_THAT(answer.substr(answer.size() - 10), EndsWith("xxx"));
}

struct Bad {
  const char* name;
  std::string text;
  const char* status;
};

class RefusedTest : public testing::TestWithParam<Bad> {};

// Each would let two programs on one path disagree about where a message ends, or worse.
TEST_P(RefusedTest, IsAnsweredAndTheConnectionClosed) {
  const std::string answer =
      answer_to(GetParam().text + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + GetParam().status));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("smuggled")));
}

std::string with(std::string_view fields, std::string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

INSTANTIATE_TEST_SUITE_P(
    HttpServer, RefusedTest,
    testing::Values(
        Bad{"LengthThenChunked",
            with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
        Bad{"ChunkedThenLength",
            with("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"), "400"},
        Bad{"TwoLengths", with("Content-Length: 4\r\nContent-Length: 5\r\n", "abcd"), "400"},
        Bad{"TwoEqualLengths", with("Content-Length: 4\r\nContent-Length: 4\r\n", "abcd"), "400"},
        Bad{"LengthList", with("Content-Length: 4, 5\r\n", "abcd"), "400"},
        Bad{"NegativeLength", with("Content-Length: -1\r\n"), "400"},
        Bad{"SignedLength", with("Content-Length: +4\r\n", "abcd"), "400"},
        Bad{"HugeLength", with("Content-Length: 99999999999999999999\r\n"), "400"},
        Bad{"OtherCoding", with("Transfer-Encoding: gzip\r\n"), "501"},
        Bad{"CodingBeforeChunked", with("Transfer-Encoding: gzip, chunked\r\n"), "501"},
        Bad{"ChunkedTwice",
            with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            "400"},
        Bad{"ChunkSizeNotHex", with("Transfer-Encoding: chunked\r\n", "xyz\r\nabc\r\n"), "400"},
        Bad{"ChunkWithoutEnd", with("Transfer-Encoding: chunked\r\n", "3\r\nabcdef\r\n"), "400"},
        Bad{"ChunkBareLineFeed", with("Transfer-Encoding: chunked\r\n", "3\nabc\r\n0\r\n\r\n"),
            "400"},
        Bad{"FoldedField", with("X: a\r\n b\r\n"), "400"},
        Bad{"FoldedEmptyField", with("X:\r\n b\r\n"), "400"},
        Bad{"FoldedLength", with("Content-Length:\r\n 4\r\n", "abcd"), "400"},
        Bad{"BareLineFeed", "GET / HTTP/1.1\nHost: x\n\n\r\n\r\n", "400"},
        Bad{"NulInValue", with(std::string("X: a\0b\r\n", 8)), "400"},
        Bad{"EightBitValue", with("X: \xC3\xA4\r\n"), "400"},
        Bad{"EightBitName", with("\xC3\xA4: x\r\n"), "400"},
        Bad{"EightBitTarget", "GET /\xC3\xA4 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        Bad{"SpaceBeforeColon", with("X : a\r\n"), "400"},
        Bad{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400"}, Bad{"TwoHosts", with("Host: y\r\n"), "400"},
        Bad{"ChunkedInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400"},
        Bad{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
        Bad{"NotHttp", "\x16\x03\x01\x02\r\n\r\n", "400"},
        Bad{"UnknownExpect", with("Expect: 200-ok\r\n"), "417"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(HttpServerTest, RefusesAHeaderPastTheLimit) {
  HttpServerOptions options;
  options.max_header_bytes = 4096;
  EXPECT_THAT(answer_to(with("X: " + std::string(5000, 'a') + "\r\n"), options),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer_to("GET /" + std::string(50'000, 'a'), options), StartsWith("HTTP/1.1 431"));
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "a:b\r\n";
  EXPECT_THAT(answer_to(with(many), options), StartsWith("HTTP/1.1 431"));
}

TEST(HttpServerTest, RefusesABodyPastTheLimitBeforeItComes) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  EXPECT_THAT(answer_to(with("Content-Length: 10000000000\r\n"), options),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer_to(with("Transfer-Encoding: chunked\r\n",
                             "300\r\n" + std::string(0x300, 'a') + "\r\n300\r\n"),
                        options),
              StartsWith("HTTP/1.1 413"));
}

TEST(HttpServerTest, RefusesAFloodOfChunkExtensionsAndTrailers) {
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "1;" + std::string(20, 'e') + "\r\na\r\n";
  EXPECT_THAT(answer_to(with("Transfer-Encoding: chunked\r\n", flood)), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to(with("Transfer-Encoding: chunked\r\n", "1;" + std::string(200'000, 'e'))),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(
      answer_to(with("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(200'000, 'e'))),
      StartsWith("HTTP/1.1 431"));
}

TEST(HttpServerTest, SaysContinueToAClientThatWaits) {
  TestServer server(echo);
  RawPeer peer(server.get().port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("ok");
  EXPECT_THAT(peer.read_until("ok"), EndsWith("POST / ok"));
}

TEST(HttpServerTest, SlowClientsAreTimedOut) {
  HttpServerOptions options;
  options.header_timeout = 50ms;
  options.body_timeout = 50ms;
  options.idle_timeout = 50ms;
  EXPECT_EQ(answer_to("", options), "");
  EXPECT_THAT(answer_to("GET / HT", options), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(answer_to(with("Content-Length: 5\r\n", "ab"), options), StartsWith("HTTP/1.1 408"));

  // A byte now and then does not move the deadline.
  TestServer server(echo, options);
  RawPeer peer(server.get().port());
  std::jthread dripper([&](const std::stop_token& stop) {
    peer.send("GET / HTTP/1.1\r\nX: ");
    while (!stop.stop_requested()) {
      peer.send("a");
      std::this_thread::sleep_for(10ms);
    }
  });
  EXPECT_THAT(peer.read_until("\r\n"), StartsWith("HTTP/1.1 408"));
}

TEST(HttpServerTest, APeerThatDoesNotReadIsCutOff) {
  HttpServerOptions options;
  options.write_timeout = 50ms;
  std::atomic<bool> gave_up = false;
  auto flood = [&](HttpRequest&, HttpResponder& responder) -> Async<void> {
    co_await responder.start_stream(200, {});
    const std::string piece(64 * 1024, 'x');
    while (co_await responder.write(piece)) {
    }
    gave_up = true;
  };
  TestServer server(flood, options);
  RawPeer peer(server.get().port());
  peer.send(post(""));
  EXPECT_TRUE(eventually([&] { return gave_up.load(); }));
  EXPECT_TRUE(eventually([&] { return server.get().connections() == 0; }));
}

TEST(HttpServerTest, StreamsInChunksAndGoesOn) {
  auto stream = [](HttpRequest&, HttpResponder& responder) -> Async<void> {
    Headers headers{{"Content-Type", "text/event-stream"}};
    co_await responder.start_stream(200, std::move(headers));
    co_await responder.write("one");
    co_await responder.write("");
    co_await responder.write(std::string(16, 'a'));
  };
  TestServer server(stream);
  RawPeer peer(server.get().port());
  for (int i = 0; i < 2; ++i) {
    peer.send(post(""));
    EXPECT_THAT(peer.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_EQ(peer.read_until("0\r\n\r\n"), "3\r\none\r\n10\r\naaaaaaaaaaaaaaaa\r\n0\r\n\r\n");
  }
  peer.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(peer.read_all(), EndsWith("\r\n\r\noneaaaaaaaaaaaaaaaa"));
}

TEST(HttpServerTest, AFailingHandlerIs500AndTheNextRequestIsServed) {
  auto moody = [](HttpRequest& request, HttpResponder& responder) -> Async<void> {
    if (request.target == "/throw") throw std::runtime_error("on purpose");
    if (request.target == "/silent") co_return;
    HttpResponse response;
    if (request.target == "/split") response.headers.add("X", "a\r\nSet-Cookie: b");
    co_await responder.send(std::move(response));
  };
  TestServer server(moody);
  RawPeer peer(server.get().port());
  for (const std::string target : {"/throw", "/silent", "/split"}) {
    peer.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(peer.read_until("internal error\n"), StartsWith("HTTP/1.1 500")) << target;
  }
  peer.send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(peer.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServerTest, AStreamThatFailsEndsWithoutItsLastChunk) {
  auto broken = [](HttpRequest&, HttpResponder& responder) -> Async<void> {
    co_await responder.start_stream(200, {});
    co_await responder.write("half");
    throw std::runtime_error("on purpose");
  };
  TestServer server(broken);
  RawPeer peer(server.get().port());
  peer.send(post(""));
  EXPECT_THAT(peer.read_all(), EndsWith("4\r\nhalf\r\n"));
}

TEST(HttpServerTest, PeerLeftEndsTheRaceWhenThePeerCloses) {
  std::atomic<int> started = 0, left = 0;
  auto wait = [&](HttpRequest&, HttpResponder& responder) -> Async<void> {
    ++started;
    Timer never(co_await asio::this_coro::executor, std::chrono::hours(1));
    const auto winner = co_await (never.async_wait(kAwait) || responder.peer_left());
    if (winner.index() == 1) ++left;
  };
  TestServer server(wait);
  RawPeer peer(server.get().port());
  peer.send(post(""));
  ASSERT_TRUE(eventually([&] { return started == 1; }));
  peer.close();
  EXPECT_TRUE(eventually([&] { return left == 1 && server.get().connections() == 0; }));
}

TEST(HttpServerTest, PeerLeftKeepsWhatArrivesMeanwhile) {
  auto slow_echo = [](HttpRequest& request, HttpResponder& responder) -> Async<void> {
    Timer timer(co_await asio::this_coro::executor, 20ms);
    co_await (timer.async_wait(kAwait) || responder.peer_left());
    co_await echo(request, responder);
  };
  TestServer server(slow_echo);
  RawPeer peer(server.get().port());
  peer.send(post("<1>"));
  std::this_thread::sleep_for(5ms);
  const std::string large(600'000, 'x');  // more than is read ahead
  peer.send(post("<2" + large + ">") + post("<3>").substr(0, 30));
  std::this_thread::sleep_for(30ms);
  peer.send(post("<3>").substr(30));
  EXPECT_THAT(peer.read_until(">"), EndsWith("POST /e <1>"));
  EXPECT_THAT(peer.read_until(">"), HasSubstr("POST /e <2xxx"));
  EXPECT_THAT(peer.read_until(">"), EndsWith("POST /e <3>"));
}

TEST(HttpServerTest, HandlerIsCancelledWhenItsPeerLeaves) {
  std::atomic<int> started = 0, cancelled = 0;
  auto wait = [&](HttpRequest& request, HttpResponder& responder) -> Async<void> {
    responder.cancel_when_peer_leaves();
    ++started;
    Timer timer(co_await asio::this_coro::executor,
                request.body == "wait" ? SteadyClock::duration(std::chrono::hours(1)) : 20ms);
    const auto [error] = co_await timer.async_wait(kAwaitTuple);
    if (error) ++cancelled;
    co_await echo(request, responder);
  };
  TestServer server(wait);
  RawPeer peer(server.get().port());
  peer.send(post("<1>"));
  ASSERT_TRUE(eventually([&] { return started == 1; }));
  const std::string large(600'000, 'x');  // more than is read ahead
  peer.send(post("<2" + large + ">") + post("<3>"));
  EXPECT_THAT(peer.read_until(">"), EndsWith("POST /e <1>"));
  EXPECT_THAT(peer.read_until(">"), HasSubstr("POST /e <2xxx"));
  EXPECT_THAT(peer.read_until(">"), EndsWith("POST /e <3>"));
  peer.send(post("wait"));
  ASSERT_TRUE(eventually([&] { return started == 4; }));
  peer.close();
  EXPECT_TRUE(eventually([&] { return cancelled == 1 && server.get().connections() == 0; }));
}

TEST(HttpServerTest, RefusesConnectionsPastTheLimit) {
  HttpServerOptions options;
  options.max_connections = 1;
  TestServer server(echo, options);
  RawPeer first(server.get().port());
  first.send(post("a"));
  EXPECT_THAT(first.read_until("POST /e a"), HasSubstr("200 OK"));
  RawPeer second(server.get().port());
  EXPECT_THAT(second.read_all(), StartsWith("HTTP/1.1 503"));
  first.close();
  EXPECT_TRUE(eventually([&] { return server.get().connections() == 0; }));
  RawPeer third(server.get().port());
  third.send(post("b"));
  EXPECT_THAT(third.read_until("POST /e b"), HasSubstr("200 OK"));
}

TEST(HttpServerTest, ShutdownLetsHandlersFinishAndClosesIdleConnections) {
  std::atomic<bool> started = false;
  auto slow = [&](HttpRequest& request, HttpResponder& responder) -> Async<void> {
    if (request.target != "/e") co_return co_await echo(request, responder);
    started = true;
    Timer timer(co_await asio::this_coro::executor, 50ms);
    co_await timer.async_wait(kAwait);
    co_await echo(request, responder);
  };
  TestServer server(slow);
  RawPeer busy(server.get().port()), idle(server.get().port());
  busy.send(post("work"));
  ASSERT_TRUE(eventually([&] { return started && server.get().connections() == 2; }));
  server.loops().run(server.get().shutdown(5s));
  EXPECT_EQ(server.get().connections(), 0u);
  EXPECT_EQ(idle.read_all(), "");
  const std::string answer = busy.read_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("POST /e work"));
  EXPECT_ANY_THROW(RawPeer{server.get().port()});
}

TEST(HttpServerTest, ShutdownCancelsHandlersThatTakeTooLong) {
  std::atomic<bool> started = false, unwound = false;
  auto endless = [&](HttpRequest&, HttpResponder&) -> Async<void> {
    struct Mark {
      std::atomic<bool>& mark;
      ~Mark() { mark = true; }
    } mark{unwound};
    started = true;
    Timer never(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await never.async_wait(kAwait);
  };
  TestServer server(endless);
  RawPeer peer(server.get().port());
  peer.send(post(""));
  ASSERT_TRUE(eventually([&] { return started.load(); }));
  server.loops().run(server.get().shutdown(10ms));
  EXPECT_TRUE(unwound);
  EXPECT_EQ(server.get().connections(), 0u);
}

TEST(HttpServerTest, SaysWhyItCannotListen) {
  TestServer server(echo);
  HttpServerOptions options;
  options.port = server.get().port();
  HttpServer second(server.loops().get(), options, echo);
  const auto taken = second.listen();
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr(std::to_string(options.port)));
  EXPECT_THAT(taken.error().message, HasSubstr("already in use"));

  options.address = "localhost";
  HttpServer third(server.loops().get(), options, echo);
  EXPECT_EQ(third.listen().error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace larkspur::net
