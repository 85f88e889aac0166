// Streams that break and go on: Last-Event-ID, what is kept for it, and who may ask (mcp 2025-11-25
// transports, resumability and redelivery).
#include "mcp/server/event_id.h"
#include "mcp/server/testing.h"

namespace larkspur::mcp::server {
namespace {

// Lets a handler wait until the test says so.
class Door {
 public:
  explicit Door(const Executor& executor) : opened_(executor, SteadyClock::time_point::max()) {}
  Async<void> wait() {
    while (!open_) co_await opened_.async_wait(kAwaitTuple);
  }
  void open() {
    open_ = true;
    opened_.cancel();
  }

 private:
  Timer opened_;
  bool open_ = false;
};

class Resume : public EndpointTest {
 protected:
  // A call that says one thing, waits at the door, says another one, and answers.
  void talk() {
    handler_.behaviour = [this](const Request& request) -> Async<RpcResult> {
      co_await request.channel.notify("notifications/message", R"({"level":"info","data":"a"})");
      co_await door_.wait();
      co_await request.channel.notify("notifications/message", R"({"level":"info","data":"b"})");
      co_return R"({"content":[]})";
    };
  }
  Shared resume(std::string_view session, std::string_view id) {
    return start("GET", "",
                 {{"Mcp-Session-Id", std::string(session)},
                  {"Accept", "text/event-stream"},
                  {"Last-Event-ID", std::string(id)}});
  }
  static bool has(const Shared& exchange, std::string_view text) {
    return exchange->body.contains(text);
  }

  Door door_{executor_};
};

TEST_F(Resume, TheAnswerOfACallWhoseConnectionBrokeCanBeFetched) {
  talk();
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  EXPECT_TRUE(call->body.starts_with("id: 0-1-0\nretry: 1000\ndata: \n\n")) << call->body;
  call->leave();
  door_.open();
  turn();
  EXPECT_TRUE(call->done) << "leaving is not cancelling";
  EXPECT_EQ(handler_.calls, 1);

  const auto rest = resume(session, "0-1-1");
  EXPECT_EQ(rest->status, 200);
  EXPECT_TRUE(rest->done);
  EXPECT_FALSE(has(rest, R"("data":"a")"));
  EXPECT_TRUE(has(rest, "id: 0-1-2\n"));
  EXPECT_TRUE(has(rest, R"("data":"b")"));
  EXPECT_TRUE(has(rest, "id: 0-1-3\n"));
  EXPECT_TRUE(has(rest, R"({"jsonrpc":"2.0","id":7,"result":{"content":[]}})"));
  // As often as it takes, from wherever the client is.
  EXPECT_TRUE(has(resume(session, "0-1-0"), R"("data":"a")"));
  EXPECT_EQ(resume(session, "0-1-3")->body, "");
  EXPECT_EQ(handler_.calls, 1);
}

TEST_F(Resume, WhoComesBackInTheMiddleHearsTheRestAsItHappens) {
  talk();
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  const std::string before = call->body;
  // The first connection may look alive: each message goes to one stream alone.
  const auto rest = resume(session, "0-1-0");
  EXPECT_TRUE(has(rest, R"("data":"a")"));
  EXPECT_FALSE(rest->done);
  const auto again = resume(session, "0-1-1");
  EXPECT_TRUE(rest->done) << "the newer reader takes over";
  door_.open();
  turn();
  EXPECT_EQ(call->body, before);
  EXPECT_TRUE(call->done);
  EXPECT_FALSE(has(rest, R"("data":"b")"));
  EXPECT_FALSE(has(again, R"("data":"a")"));
  EXPECT_TRUE(has(again, R"("data":"b")"));
  EXPECT_TRUE(has(again, R"("id":7,"result")"));
  EXPECT_TRUE(again->done);
}

TEST_F(Resume, AStreamIsNobodyElses) {
  talk();
  const std::string session = open_session();
  const std::string other = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  for (const std::string_view id :
       {"0-1-0", "0-2-0", "1-1-0", "0-1-9", "255-1-0", "18446744073709551615-1-0", "0-1", "-1-1-1",
        "0-01-0", "x", "0-1-99999999999999999999"}) {
    const auto refused = resume(other, id);
    EXPECT_EQ(refused->status, 400) << id;
    EXPECT_EQ(refused->error_code(), rpc::kServerError) << id;
    if (id != "0-1-0") EXPECT_EQ(resume(session, id)->status, 400) << id;
  }
  EXPECT_EQ(resume("nope", "0-1-0")->status, 404);
  EXPECT_FALSE(call->done);
  door_.open();
  turn();
  EXPECT_TRUE(has(call, R"("id":7,"result")")) << "nobody took it over";
}

TEST_F(Resume, OlderClientsGetIdsButNoEventWithoutData) {
  talk();
  const auto opened = post(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
      R"("capabilities":{},"clientInfo":{"name":"probe","version":"9"}}})");
  const std::string session(opened->headers.get("Mcp-Session-Id"));
  const auto call = legacy(session, "tools/call");
  EXPECT_TRUE(call->body.starts_with("event: message\nid: 0-1-1\ndata: {")) << call->body;
}

TEST_F(Resume, NothingIsKeptWhereNothingMayBe) {
  options_.keep.total_bytes = 0;
  talk();
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call");
  EXPECT_TRUE(call->body.starts_with("event: message\ndata: {")) << call->body;
  EXPECT_EQ(resume(session, "0-1-0")->status, 400);
  const auto get = start("GET", "", {{"Mcp-Session-Id", session}, {"Accept", "text/event-stream"}});
  sessions_.push(session, R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
  turn();
  EXPECT_TRUE(get->body.starts_with("event: message\ndata: {")) << get->body;
  get->leave();
  door_.open();
  turn();
  EXPECT_EQ(endpoint_->counts().kept, 0U);
}

TEST_F(Resume, AFullStreamLosesWhatIsOldAndKeepsItsAnswer) {
  options_.keep.stream_bytes = 10;
  talk();
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  call->leave();
  door_.open();
  turn();
  const auto rest = resume(session, "0-1-0");
  EXPECT_FALSE(has(rest, R"("data":"a")"));
  EXPECT_FALSE(has(rest, R"("data":"b")"));
  EXPECT_TRUE(has(rest, R"("id":7,"result")"));
}

TEST_F(Resume, AnAnswerThatNoRoomWasForIsNotPretended) {
  options_.keep.total_bytes = 10;
  talk();
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  door_.open();
  turn();
  EXPECT_TRUE(has(call, R"("id":7,"result")"));
  EXPECT_EQ(resume(session, "0-1-0")->status, 400);
}

TEST_F(Resume, OldStreamsMakeRoomForNewOnes) {
  options_.keep.total_bytes = 600;
  talk();
  door_.open();
  const std::string session = open_session();
  for (int i = 1; i <= 4; ++i) legacy(session, "tools/call", "{}", std::to_string(i));
  EXPECT_EQ(resume(session, "0-1-0")->status, 400);
  EXPECT_TRUE(has(resume(session, "0-4-0"), R"("id":4,"result")"));
}

TEST_F(Resume, AQuestionToAClientThatNeverComesBackIsGivenUp) {
  options_.keep.time = 30ms;
  options_.keep_alive = 10ms;
  std::optional<RpcResult> asked;
  handler_.behaviour = [&asked](const Request& request) -> Async<RpcResult> {
    asked = co_await request.channel.request("elicitation/create", "{}");
    co_return "{}";
  };
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call");
  EXPECT_TRUE(has(call, "elicitation/create"));
  EXPECT_EQ(endpoint_->counts().calls, 1U);
  call->leave();
  turn_for(300ms);
  EXPECT_TRUE(call->done);
  ASSERT_TRUE(asked);
  EXPECT_FALSE(*asked);
  EXPECT_EQ(endpoint_->counts().calls, 0U);
  EXPECT_EQ(resume(session, "0-1-0")->status, 400);
  EXPECT_EQ(endpoint_->counts().kept, 0U);
}

TEST_F(Resume, TheSessionsOwnStreamGoesOnWhereItWas) {
  const std::string session = open_session();
  const auto get = start("GET", "", {{"Mcp-Session-Id", session}, {"Accept", "text/event-stream"}});
  const auto push = [&](std::string_view what) {
    sessions_.push(session, R"({"jsonrpc":"2.0","method":")" + std::string(what) + "\"}");
    turn();
  };
  push("one");
  get->leave();
  turn();
  EXPECT_TRUE(get->done);
  push("two");
  const auto rest = resume(session, "0-1-1");
  push("three");
  EXPECT_FALSE(has(rest, "one"));
  EXPECT_TRUE(has(rest, "two"));
  EXPECT_TRUE(has(rest, "three"));
  EXPECT_FALSE(rest->done);
  EXPECT_EQ(start("DELETE", "", {{"Mcp-Session-Id", session}})->status, 200);
  turn();
  EXPECT_TRUE(rest->done);
  EXPECT_EQ(endpoint_->counts().kept, 0U);
}

TEST_F(Resume, DeleteEndsTheCallsOfTheSessionAndOfNoOther) {
  talk();
  const std::string session = open_session();
  const std::string other = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  const auto others = legacy(other, "tools/call", "{}", "7");
  EXPECT_EQ(start("DELETE", "", {{"Mcp-Session-Id", session}})->status, 200);
  turn();
  EXPECT_TRUE(call->done);
  EXPECT_FALSE(has(call, "result"));
  EXPECT_FALSE(others->done);
  door_.open();
  turn();
  EXPECT_TRUE(has(others, R"("id":7,"result")"));
}

TEST_F(Resume, NobodyComesBackForACallThatWasCancelled) {
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    co_await request.channel.notify("notifications/message", R"({"level":"info","data":"a"})");
    co_await wait_for_cancellation();
    co_return "{}";
  };
  const std::string session = open_session();
  const auto call = legacy(session, "tools/call", "{}", "7");
  legacy(session, "notifications/cancelled", R"({"requestId":7})", "");
  EXPECT_TRUE(call->done);
  EXPECT_EQ(resume(session, "0-1-1")->status, 400);
  EXPECT_EQ(endpoint_->counts().kept, 0U);
}

TEST_F(Resume, AnAnswerThatTakesLongBecomesAStream) {
  options_.keep_alive = 20ms;
  handler_.behaviour = [this](const Request&) -> Async<RpcResult> {
    co_await door_.wait();
    co_return "{}";
  };
  const std::string session = open_session();
  const auto old = legacy(session, "tools/call", "{}", "7");
  const auto modern_one = modern("tools/call", R"("name":"x")", {{"Mcp-Name", "x"}});
  const auto json_only =
      modern("tools/call", R"("name":"x")", {{"Mcp-Name", "x"}, {"Accept", "application/json"}});
  EXPECT_FALSE(old->answered());
  turn_for(200ms);
  EXPECT_TRUE(old->body.starts_with("id: 0-1-0\nretry: 1000\ndata: \n\n")) << old->body;
  EXPECT_TRUE(has(old, ": keepalive\n\n"));
  EXPECT_TRUE(modern_one->streaming);
  EXPECT_TRUE(has(modern_one, ": keepalive\n\n"));
  EXPECT_FALSE(has(modern_one, "id: "));
  EXPECT_FALSE(json_only->answered());
  old->leave();
  door_.open();
  turn();
  EXPECT_TRUE(has(modern_one, R"("resultType":"complete")"));
  EXPECT_FALSE(json_only->streaming);
  EXPECT_EQ(json_only->status, 200);
  EXPECT_TRUE(has(resume(session, "0-1-0"), R"("id":7,"result":{})"));
}

TEST(EventId, IsReadAsItIsWritten) {
  const EventId id{3, 18446744073709551615U, 7};
  EXPECT_EQ(to_text(id), "3-18446744073709551615-7");
  EXPECT_EQ(parse_event_id(to_text(id)), id);
  for (const char* text : {"", "-", "--", "1-2", "1-2-", "1-2-3-", "1-2-3-4", "01-2-3", "+1-2-3",
                           " 1-2-3", "1-2-3\n", "1-2-18446744073709551616"}) {
    EXPECT_FALSE(parse_event_id(text)) << text;
  }
}

}  // namespace
}  // namespace larkspur::mcp::server
