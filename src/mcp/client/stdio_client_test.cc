// The client over standard streams, against servers that are shell scripts.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "mcp/client/fake_http_server.h"

namespace larkspur::mcp {
namespace {

using namespace asio::experimental::awaitable_operators;  // NOLINT: operator||
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kModern =
    R"(*'"method":"server/discover"'*) reply '{"supportedVersions":["2026-07-28"],"capabilities":{}}';;)";

// A legacy server, but for what `cases` (branches of `case $line in`) say otherwise.
std::string script(const std::string& cases, const std::string& first = "") {
  return R"sh(
reply() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
refuse() { printf '{"jsonrpc":"2.0","id":%s,"error":{"code":%s,"message":"no"}}\n' "$id" "$1"; }
say() { printf '%s\n' "$1"; }
)sh" + first +
         R"sh(
while IFS= read -r line; do
  id=${line#*'"id":'}; id=${id%%,*}
  case $line in
)sh" + cases +
         R"sh(
  *'"method":"server/discover"'*) refuse -32601;;
  *'"method":"initialize"'*)
    reply '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}';;
  *'"method":"pid"'*) reply "{\"pid\":$$}";;
  *'"method":"echo"'*) reply '{"echo":true}';;
  *) echo "saw $line" >&2;;
  esac
done
)sh";
}

class StdioClientTest : public LoopTest {
 protected:
  std::unique_ptr<Client> client(std::string text, std::chrono::milliseconds connect_timeout = 10s,
                                 std::size_t max_message_bytes = 1 << 20) {
    ClientOptions options;
    options.connect_timeout = connect_timeout;
    options.max_message_bytes = max_message_bytes;
    options.log = [this](std::string_view line) { log.emplace_back(line); };
    options.on_notification = [this](std::string_view method, std::string_view) {
      notifications.emplace_back(method);
    };
    return Client::over_stdio(executor(), {{"sh", "-c", std::move(text)}, {}, ""},
                              std::move(options));
  }
  static Async<CallReply> call(Client& client, std::string method, CallOptions options = {}) {
    co_return co_await client.call(std::move(method), "", "", std::move(options));
  }
  Async<bool> logged(std::string part) {
    co_return co_await eventually(
        [this, part = std::move(part)] { return testing::Value(log, Contains(HasSubstr(part))); });
  }
  static ErrorCode code(const CallReply& reply) {
    return reply ? ErrorCode::kInternal : reply.error().error.code;
  }

  std::vector<std::string> log, notifications;
};

TEST_F(StdioClientTest, SpeaksLegacyToALegacyServer) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(""));
    const auto facts = co_await mcp->connect();
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
    if (facts) EXPECT_EQ(facts->era, Era::kLegacy);
    if (facts) EXPECT_EQ(facts->server.name, "sh");
    EXPECT_EQ(co_await call(*mcp, "echo"), R"({"echo":true})");
    EXPECT_TRUE(co_await logged(R"(saw {"jsonrpc":"2.0","method":"notifications/initialized"})"));
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, SpeaksModernToAModernServer) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(kModern));
    const auto facts = co_await mcp->connect();
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
    if (facts) EXPECT_EQ(facts->era, Era::kModern);
    co_await mcp->call("see", R"({"a":
      1})",
                       "", {.deadline = in(30ms)});
    EXPECT_TRUE(co_await logged(R"("method":"see","params":{"a":       1,"_meta":{"io.model)"));
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, SilenceOnTheProbeLeadsToInitialize) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"(*'"method":"server/discover"'*) ;;)"), 300ms);
    const auto facts = co_await mcp->connect();
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
    if (facts) EXPECT_EQ(facts->era, Era::kLegacy);
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, AServerThatEndsOnTheProbeIsStartedAgain) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"(*'"method":"server/discover"'*) exit 3;;)"));
    const auto facts = co_await mcp->connect();
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
    EXPECT_EQ(co_await call(*mcp, "echo"), R"({"echo":true})");
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, AnswersFindTheirCallsInAnyOrder) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"sh(
      *'"method":"slow"'*) slow=$id;;
      *'"method":"fast"'*) reply '{"fast":1}'; id=$slow; reply '{"slow":1}';;
    )sh"));
    co_await mcp->connect();
    const auto [slow, fast] = co_await (call(*mcp, "slow") && call(*mcp, "fast"));
    EXPECT_EQ(slow, R"({"slow":1})");
    EXPECT_EQ(fast, R"({"fast":1})");
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, ProgressGoesToItsCallAndTheRestToTheOwner) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"sh(
      *'"method":"work"'*)
        token=${line#*'"progressToken":'}; token=${token%%[,\}]*}
        say '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":'$token',"progress":1}}'
        say '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":4711,"progress":2}}'
        say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
        reply '{}';;
    )sh"));
    std::vector<std::string> heard;
    CallOptions options;
    options.on_notification = [&](std::string_view, std::string_view params) {
      heard.emplace_back(params);
    };
    EXPECT_EQ(co_await call(*mcp, "work", std::move(options)), "{}");
    EXPECT_EQ(heard, std::vector<std::string>{R"({"progress":1})"});
    EXPECT_EQ(notifications, std::vector<std::string>{"notifications/tools/list_changed"});
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, TheServersRequestsAreAnswered) {
  run([this]() -> Async<void> {
    const auto mcp = client(script("", R"sh(
      say '{"jsonrpc":"2.0","id":0,"method":"ping"}'
      say '{"jsonrpc":"2.0","id":"x","method":"sampling/createMessage","params":{}}'
    )sh"));
    EXPECT_TRUE(co_await mcp->connect());
    EXPECT_TRUE(co_await logged(R"(saw {"jsonrpc":"2.0","id":0,"result":{}})"));
    EXPECT_TRUE(co_await logged(R"(saw {"jsonrpc":"2.0","id":"x","error":{"code":-32601)"));
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, GarbageIsLoggedAndSkipped) {
  run([this]() -> Async<void> {
    const auto mcp =
        client(script(R"sh(
      *'"method":"work"'*) echo 'debug: {"a"'; echo; say '{"level":"info"}'; reply '{"id":1}';;
    )sh",
                      "echo 'Server started'; say "
                      "'{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}'"));
    EXPECT_EQ(co_await call(*mcp, "work"), R"({"id":1})");
    EXPECT_THAT(log, Contains(HasSubstr("Server started")));
    EXPECT_THAT(log, Contains(HasSubstr("debug: {")));
    EXPECT_THAT(log, Contains(HasSubstr("level")));
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, CancelAndDeadlineAreToldToTheServer) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"(*'"method":"hang"'*) echo "hangs $id" >&2;;)"));
    co_await mcp->connect();
    CallOptions::Facts facts;
    CallOptions options;
    options.deadline = in(30ms);
    options.facts = &facts;
    EXPECT_EQ(code(co_await call(*mcp, "hang", options)), ErrorCode::kTimeout);
    EXPECT_TRUE(
        co_await logged(R"(notifications/cancelled","params":{"requestId":)" + facts.request_id));
    options.deadline = kNever;
    co_await (call(*mcp, "hang", options) || sleep_for(20ms));
    EXPECT_TRUE(
        co_await logged(R"(notifications/cancelled","params":{"requestId":)" + facts.request_id));
    EXPECT_EQ(co_await call(*mcp, "echo"), R"({"echo":true})");
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, AnExitFailsAllCallsAndTheNextOneStartsAgain) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"sh(
      *'"method":"hang"'*) ;;
      *'"method":"die"'*) exit 7;;
    )sh"));
    const auto before = co_await call(*mcp, "pid");
    const auto [one, two] = co_await (call(*mcp, "hang") && call(*mcp, "die"));
    EXPECT_EQ(code(one), ErrorCode::kClosed);
    EXPECT_EQ(code(two), ErrorCode::kClosed);
    if (!one) EXPECT_THAT(one.error().error.message, HasSubstr("exit code 7"));
    EXPECT_FALSE(mcp->connected());
    const auto after = co_await call(*mcp, "pid");
    EXPECT_TRUE(after);
    EXPECT_NE(before.value_or(""), after.value_or(""));
    EXPECT_EQ(notifications, std::vector<std::string>{"notifications/tools/list_changed"});

    // A second crash so soon is not repaired at once.
    EXPECT_EQ(code(co_await call(*mcp, "die")), ErrorCode::kClosed);
    const auto refused = co_await call(*mcp, "pid");
    EXPECT_EQ(code(refused), ErrorCode::kClosed);
    if (!refused) EXPECT_THAT(refused.error().error.message, HasSubstr("exit code 7"));
    co_await sleep_for(120ms);
    EXPECT_TRUE(co_await call(*mcp, "pid"));
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, AHugeLineFailsItsCallOnly) {
  run([this]() -> Async<void> {
    const auto mcp = client(script(R"sh(
      *'"method":"huge"'*) huge=$id; big=xxxxxxxxxxxxxxxx; big=$big$big$big$big$big; id=$huge
        reply "{\"x\":\"$big$big$big$big$big$big$big$big$big$big$big$big$big$big\"}";;
    )sh"),
                            10s, 1'000);
    co_await mcp->connect();
    EXPECT_EQ(code(co_await call(*mcp, "huge")), ErrorCode::kTooLarge);
    EXPECT_EQ(co_await call(*mcp, "echo"), R"({"echo":true})");
    const auto [huge, echo] = co_await (call(*mcp, "huge") && call(*mcp, "echo"));
    EXPECT_EQ(code(huge), ErrorCode::kTooLarge);
    EXPECT_EQ(echo, R"({"echo":true})");
    co_await mcp->close();
  });
}

TEST_F(StdioClientTest, AnAbsentProgramIsNotFound) {
  run([this]() -> Async<void> {
    const auto mcp = Client::over_stdio(executor(), {{"/no/such/program"}, {}, ""}, {});
    const auto facts = co_await mcp->connect();
    EXPECT_FALSE(facts);
    if (!facts) EXPECT_EQ(facts.error().code, ErrorCode::kNotFound);
    if (!facts) EXPECT_THAT(facts.error().message, HasSubstr("/no/such/program"));
  });
}

TEST_F(StdioClientTest, AServerThatNeverAnswersIsGivenUp) {
  run([this]() -> Async<void> {
    const auto mcp = client("while read -r line; do :; done", 100ms);
    const auto facts = co_await mcp->connect();
    EXPECT_FALSE(facts);
    if (!facts) EXPECT_EQ(facts.error().code, ErrorCode::kTimeout);
  });
}

TEST_F(StdioClientTest, CloseEndsTheProcessPolitely) {
  run([this]() -> Async<void> {
    const auto mcp = client(script("") + "echo 'stdin closed' >&2");
    const auto pid = co_await call(*mcp, "pid");
    EXPECT_TRUE(pid);
    const auto number = pid ? std::stoi(pid->substr(7)) : 0;
    EXPECT_EQ(::kill(number, 0), 0);
    co_await mcp->close();
    EXPECT_NE(::kill(number, 0), 0);
    EXPECT_EQ(code(co_await call(*mcp, "pid")), ErrorCode::kCancelled);
  });
}

TEST_F(StdioClientTest, DestructionKillsTheProcessAndEndsTheCalls) {
  run([this]() -> Async<void> {
    auto mcp = client(script(R"(*'"method":"hang"'*) ;;)"));
    const auto pid = co_await call(*mcp, "pid");
    EXPECT_TRUE(pid);
    std::optional<CallReply> reply;
    const auto work = [&](Client& its_client) -> Async<void> {
      reply = co_await call(its_client, "hang");
    };
    asio::co_spawn(executor(), work(*mcp), [](std::exception_ptr) {});
    co_await sleep_for(10ms);
    mcp.reset();
    EXPECT_TRUE(co_await eventually([&] { return reply.has_value(); }));
    if (reply) EXPECT_EQ(code(*reply), ErrorCode::kCancelled);
    const auto number = pid ? std::stoi(pid->substr(7)) : 0;
    EXPECT_TRUE(co_await eventually([&] { return ::kill(number, 0) != 0; }));
    EXPECT_THAT(log,
                Not(Contains(HasSubstr("closed"))));  // nothing of the owner's is called any more
  });
}

TEST_F(StdioClientTest, TheLoopMayEndWithCallsUnderWay) {
  auto mcp = client(script(R"(*'"method":"hang"'*) ;;)"));
  run([this, &mcp]() -> Async<void> {
    co_await mcp->connect();
    const auto work = [](Client& its_client) -> Async<void> { co_await call(its_client, "hang"); };
    asio::co_spawn(executor(), work(*mcp), [](std::exception_ptr) {});
    co_await sleep_for(5ms);
  });
}

}  // namespace
}  // namespace larkspur::mcp
