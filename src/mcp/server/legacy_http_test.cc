// The legacy era over HTTP, row by row of the decision table.
#include <gtest/gtest.h>

#include "mcp/server/testing.h"

namespace larkspur::mcp::server {
namespace {

class LegacyHttp : public EndpointTest {};

TEST_F(LegacyHttp, InitializeCreatesASessionAndNegotiates) {
  const auto exchange = post(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
      R"("capabilities":{"roots":{}},"clientInfo":{"name":"probe","version":"9"}}})");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->headers.get("Content-Type"), "application/json");
  EXPECT_EQ(exchange->headers.get("Mcp-Session-Id"), "session-1");
  EXPECT_EQ(exchange->body,
            R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18",)"
            R"("capabilities":{"tools":{"listChanged":true}},)"
            R"("serverInfo":{"name":"larkspur","version":"1.2.3"},"instructions":"Be kind."}})");
  const auto session = sessions_.find("session-1");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->client.name, "probe");
  EXPECT_EQ(session->client_capabilities, R"({"roots":{}})");
}

TEST_F(LegacyHttp, OnlyNamedHeadersReachTheHandler) {
  options_.forward_headers = {"x-acs-accesskey-id"};
  const std::string session = open_session();
  post(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})",
       {{"Mcp-Session-Id", session}, {"X-Acs-AccessKey-Id", "LTAI"}, {"X-Other", "no"}});
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(handler_.last_info.forwarded, (std::vector<Pair>{{"x-acs-accesskey-id", "LTAI"}}));
}

TEST_F(LegacyHttp, InitializeWithAnUnknownVersionGetsOurs) {
  for (const char* version : {"1999-01-01", "2026-07-28", ""}) {
    const auto exchange =
        post(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
             std::string(version) + R"(","capabilities":{}}})");
    EXPECT_EQ(exchange->status, 200);
    EXPECT_NE(exchange->body.find(R"("protocolVersion":"2025-11-25")"), std::string::npos);
  }
}

TEST_F(LegacyHttp, InitializeIgnoresAStaleSessionButNotALiveOne) {
  const std::string session = open_session();
  const std::string text =
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";
  EXPECT_EQ(post(text, {{"Mcp-Session-Id", "gone"}})->headers.get("Mcp-Session-Id"), "session-2");
  const auto again = post(text, {{"Mcp-Session-Id", session}});
  EXPECT_EQ(again->status, 400);
  EXPECT_EQ(again->error_code(), rpc::kInvalidRequest);
  // What the header says about the version before anything was negotiated does not matter.
  EXPECT_EQ(post(text, {{"MCP-Protocol-Version", "2026-07-28"}})->status, 200);
}

TEST_F(LegacyHttp, BadInitializeIsAnErrorAt200) {
  for (const char* params :
       {"{}", R"({"protocolVersion":1})", R"({"protocolVersion":"2025-11-25","capabilities":[]})",
        R"({"protocolVersion":"2025-11-25","clientInfo":"me"})"}) {
    const auto exchange = post(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":)" +
                               std::string(params) + "}");
    EXPECT_EQ(exchange->status, 200) << params;
    EXPECT_EQ(exchange->error_code(), rpc::kInvalidParams) << params;
    EXPECT_FALSE(exchange->headers.has("Mcp-Session-Id")) << params;
  }
}

TEST_F(LegacyHttp, RequestsReachTheHandlerWithTheirFacts) {
  const std::string session = open_session();
  const auto exchange = legacy(session, "tools/list", R"({"cursor":""})", "\"a\"");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->body,
            R"({"jsonrpc":"2.0","id":"a","result":{"tools": [], "big": 12345678901234567890.0}})");
  EXPECT_EQ(handler_.last_method, "tools/list");
  EXPECT_EQ(handler_.last_params, R"({"cursor":""})");
  EXPECT_EQ(handler_.last_info.era, Era::kLegacy);
  EXPECT_EQ(handler_.last_info.session_id, session);
  EXPECT_EQ(handler_.last_info.id, "\"a\"");
  EXPECT_EQ(handler_.last_info.client.name, "probe");
  EXPECT_EQ(handler_.last_info.peer, "127.0.0.1:40312");
}

TEST_F(LegacyHttp, ResultsOfTheModernEraLoseWhatIsTheirsAlone) {
  const auto answer = [&](std::string result) {
    handler_.behaviour = [result](const Request&) -> Async<RpcResult> { co_return result; };
    return legacy(open_session(), "tools/call", R"({"name":"x"})")->body;
  };
  EXPECT_EQ(
      answer(
          R"({"resultType":"complete", "content": [1.0],"ttlMs":1,"cacheScope":"public",)"
          R"("_meta":{"a/b":1e0,"io.modelcontextprotocol/serverInfo":{"name":"b"}},"x":{"ttlMs":1}})"),
      R"({"jsonrpc":"2.0","id":1,"result":{"content":[1.0],"_meta":{"a/b":1e0},"x":{"ttlMs":1}}})");
  EXPECT_EQ(
      answer(
          R"({"content":[],"_meta":{"io.modelcontextprotocol/serverInfo":1},"resultType":"complet\u0065"})"),
      R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})");
  const std::string legacys = R"({"ttlMs" : 1, "_meta":{"io.modelcontextprotocol/serverInfo":1}})";
  EXPECT_EQ(answer(legacys), R"({"jsonrpc":"2.0","id":1,"result":)" + legacys + "}");
}

TEST_F(LegacyHttp, SomeRequestsAreAnsweredWithoutTheHandler) {
  const std::string session = open_session();
  EXPECT_EQ(legacy(session, "ping")->body, R"({"jsonrpc":"2.0","id":1,"result":{}})");
  EXPECT_EQ(legacy(session, "logging/setLevel", R"({"level":"warning"})")->body,
            R"({"jsonrpc":"2.0","id":1,"result":{}})");
  const auto loud = legacy(session, "logging/setLevel", R"({"level":"loud"})");
  EXPECT_EQ(loud->status, 200);
  EXPECT_EQ(loud->error_code(), rpc::kInvalidParams);
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(LegacyHttp, HandlerErrorsAndExceptionsComeAt200) {
  const std::string session = open_session();
  handler_.behaviour = [](const Request&) -> Async<RpcResult> {
    co_return rpc_fail(rpc::kMethodNotFound, "Method not found");
  };
  const auto unknown = legacy(session, "foo/bar");
  EXPECT_EQ(unknown->status, 200);
  EXPECT_EQ(unknown->error_code(), rpc::kMethodNotFound);
  handler_.behaviour = [](const Request&) -> Async<RpcResult> {
    throw std::runtime_error("secret");
    co_return "{}";
  };
  const auto broken = legacy(session, "tools/call");
  EXPECT_EQ(broken->status, 200);
  EXPECT_EQ(broken->error_code(), rpc::kInternalError);
  EXPECT_EQ(broken->body.find("secret"), std::string::npos);
}

TEST_F(LegacyHttp, SessionsAreRequired) {
  const std::string session = open_session();
  const auto none = legacy("", "tools/list");
  EXPECT_EQ(none->status, 400);
  EXPECT_EQ(none->error_code(), rpc::kServerError);
  const auto unknown = legacy("nope", "tools/list");
  EXPECT_EQ(unknown->status, 404);
  EXPECT_EQ(unknown->error_code(), rpc::kSessionNotFound);
  EXPECT_NE(unknown->body.find("Session not found"), std::string::npos);
  EXPECT_EQ(legacy("", "notifications/initialized", "", "")->status, 400);
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(LegacyHttp, VersionHeaderIsOptionalButMustBeKnown) {
  const std::string session = open_session();
  EXPECT_EQ(legacy(session, "ping", "", "1", {{"MCP-Protocol-Version", ""}})->status, 200);
  EXPECT_EQ(legacy(session, "ping", "", "1", {{"MCP-Protocol-Version", "2024-11-05"}})->status,
            200);
  const auto bad = legacy(session, "ping", "", "1", {{"MCP-Protocol-Version", "1999-01-01"}});
  EXPECT_EQ(bad->status, 400);
  EXPECT_EQ(bad->error_code(), rpc::kServerError);
  EXPECT_NE(bad->body.find("1999-01-01"), std::string::npos);
}

TEST_F(LegacyHttp, NotificationsAndResponsesGet202) {
  const std::string session = open_session();
  for (const char* method :
       {"notifications/initialized", "notifications/cancelled", "notifications/other"}) {
    const auto exchange = legacy(session, method, "", "");
    EXPECT_EQ(exchange->status, 202) << method;
    EXPECT_EQ(exchange->body, "") << method;
  }
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":77,"result":{}})", {{"Mcp-Session-Id", session}})->status,
            202);
}

TEST_F(LegacyHttp, PostMustAcceptBothForms) {
  const std::string session = open_session();
  const auto with_accept = [&](std::string accept) {
    return legacy(session, "ping", "", "1", {{"Accept", std::move(accept)}})->status;
  };
  EXPECT_EQ(with_accept("application/json"), 406);
  EXPECT_EQ(with_accept("text/event-stream"), 406);
  EXPECT_EQ(with_accept(""), 406);
  EXPECT_EQ(with_accept("text/html"), 406);
  EXPECT_EQ(with_accept("*/*"), 200);
  EXPECT_EQ(with_accept("text/event-stream;q=0.5,application/*"), 200);
}

TEST_F(LegacyHttp, NotifyingTurnsTheAnswerIntoAnEventStream) {
  const std::string session = open_session();
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    co_await request.channel.notify("notifications/progress",
                                    R"({"progress":1,"progressToken":"spoofed"})");
    co_await request.channel.notify("notifications/message", "{\"level\":\"info\",\n\"data\":1}");
    co_return "{\n\"content\":[]}";
  };
  const auto exchange =
      legacy(session, "tools/call", R"({"name":"x","_meta":{"progressToken":0}})", "5");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_TRUE(exchange->done);
  EXPECT_EQ(exchange->headers.get("Content-Type"), "text/event-stream");
  EXPECT_EQ(exchange->headers.get("X-Accel-Buffering"), "no");
  EXPECT_EQ(
      exchange->body,
      "id: 0-1-0\nretry: 1000\ndata: \n\n"
      "event: message\nid: 0-1-1\ndata: "
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":0,"progress":1}})"
      "\n\nevent: message\nid: 0-1-2\ndata: "
      R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info", "data":1}})"
      "\n\nevent: message\nid: 0-1-3\ndata: "
      R"({"jsonrpc":"2.0","id":5,"result":{ "content":[]}})"
      "\n\n");
}

TEST_F(LegacyHttp, NoProgressWithoutAToken) {
  const std::string session = open_session();
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    co_await request.channel.notify("notifications/progress", R"({"progress":1})");
    co_return "{}";
  };
  for (const char* params :
       {"{}", R"({"_meta":{"progressToken":null}})", R"({"_meta":{"progressToken":[1]}})"}) {
    EXPECT_FALSE(legacy(session, "tools/call", params)->streaming) << params;
  }
}

TEST_F(LegacyHttp, QuietStreamsGetComments) {
  options_.keep_alive = 20ms;
  const std::string session = open_session();
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    co_await request.channel.notify("notifications/message", R"({"level":"info"})");
    co_await wait_for_cancellation();
    co_return "{}";
  };
  const auto exchange = legacy(session, "tools/call");
  turn_for(100ms);
  EXPECT_NE(exchange->body.find("\n\n: keepalive\n\n"), std::string::npos);
  legacy(session, "notifications/cancelled", R"({"requestId":1})", "");
  EXPECT_TRUE(exchange->done);
  turn_for(50ms);  // fails in the exchange where something is still written
}

TEST_F(LegacyHttp, CancelledRequestsEndWithoutAResponse) {
  const std::string session = open_session();
  bool cancelled = false;
  handler_.behaviour = [&cancelled](const Request&) -> Async<RpcResult> {
    try {
      co_await wait_for_cancellation();
    } catch (const boost::system::system_error&) {
      cancelled = true;
    }
    co_return "{}";
  };
  const auto exchange = legacy(session, "tools/call", "{}", R"("\u0061")");
  // Other ids, and the same id in another session or of another type, are somebody else's.
  const std::string other = open_session();
  legacy(session, "notifications/cancelled", R"({"requestId":1})", "");
  legacy(session, "notifications/cancelled", R"({"requestId":null})", "");
  legacy(session, "notifications/cancelled", "", "");
  legacy(other, "notifications/cancelled", R"({"requestId":"a"})", "");
  EXPECT_FALSE(exchange->done);
  legacy(session, "notifications/cancelled", R"({"requestId":"a","reason":"enough"})", "");
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(exchange->done);
  EXPECT_EQ(exchange->body, "");
  legacy(session, "notifications/cancelled", R"({"requestId":"a"})", "");  // late: ignored
}

TEST_F(LegacyHttp, LeavingIsNotCancelling) {
  const std::string session = open_session();
  bool finished = false;
  handler_.behaviour = [&finished](const Request& request) -> Async<RpcResult> {
    Timer timer(co_await asio::this_coro::executor, 20ms);
    co_await timer.async_wait(kAwait);
    co_await request.channel.notify("notifications/message", R"({"level":"info"})");
    finished = true;
    co_return "{}";
  };
  const auto exchange = legacy(session, "tools/call");
  exchange->leave();
  turn();
  EXPECT_FALSE(exchange->done);
  turn_for(200ms);
  EXPECT_TRUE(finished);
  EXPECT_TRUE(exchange->done);
}

TEST_F(LegacyHttp, GetStreamsTheMessagesOfTheSession) {
  options_.keep_alive = 20ms;
  const std::string session = open_session();
  const Fields fields{{"Mcp-Session-Id", session}, {"Accept", "text/event-stream"}};
  const auto exchange = start("GET", "", fields);
  EXPECT_EQ(exchange->status, 200);
  EXPECT_TRUE(exchange->streaming);
  sessions_.push(session,
                 "{\"jsonrpc\":\"2.0\",\n\"method\":\"notifications/tools/list_changed\"}");
  turn();
  EXPECT_TRUE(exchange->body.starts_with("id: 0-1-0\nretry: 1000\ndata: \n\n"));
  EXPECT_TRUE(
      exchange->body.ends_with("event: message\nid: 0-1-1\ndata: {\"jsonrpc\":\"2.0\", "
                               "\"method\":\"notifications/tools/list_changed\"}\n\n"));
  turn_for(60ms);
  EXPECT_NE(exchange->body.find(": keepalive\n\n"), std::string::npos);

  const auto second = start("GET", "", fields);  // replaces the first
  EXPECT_TRUE(exchange->done);
  EXPECT_FALSE(second->done);
  second->leave();
  turn();
  EXPECT_TRUE(second->done);
}

TEST_F(LegacyHttp, StopEndsStreamsAndThoseThatComeLater) {
  const std::string session = open_session();
  const Fields fields{{"Mcp-Session-Id", session}, {"Accept", "text/event-stream"}};
  const auto exchange = start("GET", "", fields);
  EXPECT_FALSE(exchange->done);
  endpoint_->stop();
  turn();
  EXPECT_TRUE(exchange->done);
  EXPECT_TRUE(start("GET", "", fields)->done);
}

TEST_F(LegacyHttp, GetIsRefusedByName) {
  const std::string session = open_session();
  const std::string sse = "text/event-stream";
  EXPECT_EQ(start("GET", "", {{"Mcp-Session-Id", session}, {"Accept", ""}})->status, 406);
  EXPECT_EQ(start("GET", "", {{"Mcp-Session-Id", session}, {"Accept", "application/json"}})->status,
            406);
  EXPECT_EQ(start("GET", "", {{"Accept", sse}})->status, 400);
  EXPECT_EQ(start("GET", "", {{"Accept", sse}, {"Mcp-Session-Id", "nope"}})->status, 404);
  EXPECT_EQ(start("GET", "", {{"Accept", sse}, {"Mcp-Session-Id", session}, {"Last-Event-ID", "7"}})
                ->status,
            400);
  EXPECT_EQ(start("GET", "",
                  {{"Accept", sse}, {"Mcp-Session-Id", session}, {"MCP-Protocol-Version", "1"}})
                ->status,
            400);
}

TEST_F(LegacyHttp, DeleteEndsTheSession) {
  const std::string session = open_session();
  EXPECT_EQ(start("DELETE", "", {})->status, 400);
  EXPECT_EQ(start("DELETE", "", {{"Mcp-Session-Id", "nope"}})->status, 404);
  EXPECT_EQ(start("DELETE", "", {{"Mcp-Session-Id", session}})->status, 200);
  EXPECT_EQ(start("DELETE", "", {{"Mcp-Session-Id", session}})->status, 404);
  EXPECT_EQ(legacy(session, "tools/list")->status, 404);
}

}  // namespace
}  // namespace larkspur::mcp::server
