#include "mcp/client/handshake.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "mcp/client/waiting.h"

namespace larkspur::mcp {
namespace {

constexpr const char* kDiscovered =
    R"({"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"be kind",)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"2"}}})";
constexpr const char* kInitialized =
    R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}})";

CallReply rpc_error(int code, std::string data = "") {
  return std::unexpected(
      CallError{{ErrorCode::kInvalidArgument, "rpc"}, RpcError{code, "no", data}});
}
CallReply failure(ErrorCode code) {
  return std::unexpected(CallError{{code, "failed"}, std::nullopt});
}

// Answers from a list, and remembers what it was asked.
class Scripted final : public Connection {
 public:
  explicit Scripted(std::deque<CallReply> replies) : replies_(std::move(replies)) {}

  Async<Exchange> exchange(const Ask& ask) override {
    asked.push_back(ask.method);
    CallReply reply = std::move(replies_.front());
    replies_.pop_front();
    co_return Exchange{std::move(reply)};
  }
  Async<Result<void>> tell(std::string text, SteadyClock::time_point) override {
    told.push_back(std::move(text));
    co_return Result<void>();
  }
  void watched_changed() override {}
  void stop() override {}
  Async<void> close() override { co_return; }

  std::vector<std::string> asked, told;

 private:
  std::deque<CallReply> replies_;
};

Result<ServerFacts> shake(Connection& connection, bool may_be_silent = false) {
  EventLoop loop;
  const Stamp stamp({"t", "1"});
  std::optional<Result<ServerFacts>> facts;
  const auto work = [&]() -> Async<void> {
    facts = co_await shake_hands(
        connection, stamp,
        {.deadline = kNever, .probe_silence = std::chrono::milliseconds(may_be_silent ? 1 : 0)});
  };
  asio::co_spawn(loop, work(), [](std::exception_ptr) {});
  loop.run();
  return *facts;
}

TEST(Handshake, AModernServerNeedsNoMoreThanDiscover) {
  Scripted server({CallReply(kDiscovered)});
  const auto facts = shake(server);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->era, Era::kModern);
  EXPECT_EQ(facts->protocol_version, "2026-07-28");
  EXPECT_EQ(facts->server.name, "s");
  EXPECT_EQ(facts->instructions, "be kind");
  EXPECT_EQ(facts->capabilities, R"({"tools":{}})");
  EXPECT_TRUE(server.told.empty());
}

TEST(Handshake, WhatIsNoModernAnswerLeadsToInitialize) {
  for (const CallReply& answer : {
           rpc_error(rpc::kMethodNotFound),
           rpc_error(rpc::kServerError),
           rpc_error(rpc::kInvalidParams),
           rpc_error(rpc::kUnsupportedVersion, R"({"supported":["2025-11-25"]})"),
           CallReply(R"({"supportedVersions":["2025-11-25"]})"),
           CallReply(R"({})"),
           failure(ErrorCode::kProtocol),
       }) {
    Scripted server({answer, CallReply(kInitialized)});
    const auto facts = shake(server);
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->era, Era::kLegacy);
    EXPECT_EQ(facts->protocol_version, "2025-06-18");
    EXPECT_EQ(server.asked, (std::vector<std::string>{"server/discover", "initialize"}));
    ASSERT_EQ(server.told.size(), 1u);
    EXPECT_EQ(server.told[0], R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  }
}

TEST(Handshake, OutagesAndCredentialsSayNothingAboutTheEra) {
  for (const ErrorCode code :
       {ErrorCode::kUnauthenticated, ErrorCode::kDenied, ErrorCode::kUnavailable,
        ErrorCode::kTimeout, ErrorCode::kClosed, ErrorCode::kCancelled}) {
    Scripted server({failure(code)});
    const auto facts = shake(server);
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, code);
    EXPECT_EQ(server.asked.size(), 1u);
  }
}

TEST(Handshake, SilenceOnStdioLeadsToInitialize) {
  Scripted server({failure(ErrorCode::kTimeout), CallReply(kInitialized)});
  const auto facts = shake(server, true);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->era, Era::kLegacy);
}

TEST(Handshake, AModernServerThatWokeUpLateIsRecognised) {
  Scripted server({failure(ErrorCode::kTimeout),
                   rpc_error(rpc::kUnsupportedVersion, R"({"supported":["2026-07-28"]})"),
                   CallReply(kDiscovered)});
  const auto facts = shake(server, true);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->era, Era::kModern);
}

TEST(Handshake, AModernServerWithoutACommonVersionIsRefused) {
  Scripted server({rpc_error(rpc::kUnsupportedVersion, R"({"supported":["2027-01-01"]})")});
  const auto facts = shake(server);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, ErrorCode::kUnsupported);
}

TEST(Handshake, AnUnknownLegacyVersionIsRefused) {
  Scripted server(
      {rpc_error(rpc::kMethodNotFound), CallReply(R"({"protocolVersion":"1999-01-01"})")});
  const auto facts = shake(server);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(facts.error().message.find("1999-01-01"), std::string::npos);
}

}  // namespace
}  // namespace larkspur::mcp
