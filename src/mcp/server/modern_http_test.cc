// The modern era over HTTP: the order of the checks, statuses and codes, cancellation,
// subscriptions.
#include <gtest/gtest.h>

#include "mcp/server/testing.h"

namespace larkspur::mcp::server {
namespace {

class ModernHttp : public EndpointTest {
 protected:
  void expect_refused(const Shared& exchange, int status, int code, std::string_view says) {
    EXPECT_EQ(exchange->status, status) << exchange->body;
    EXPECT_EQ(exchange->error_code(), code) << exchange->body;
    EXPECT_NE(exchange->body.find(says), std::string::npos) << exchange->body;
    EXPECT_EQ(handler_.calls, 0);
  }
};

TEST_F(ModernHttp, DiscoverSaysWhatWeAre) {
  EXPECT_EQ(
      modern("server/discover")->body,
      R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private",)"
      R"("supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},)"
      R"("instructions":"Be kind.","_meta":{"io.modelcontextprotocol/serverInfo":)"
      R"({"name":"larkspur","version":"1.2.3"}}}})");
}

TEST_F(ModernHttp, ResultsAreStamped) {
  const std::string server =
      R"("io.modelcontextprotocol/serverInfo":{"name":"larkspur","version":"1.2.3"})";
  EXPECT_EQ(
      modern("tools/list", "", {}, "\"x\"")->body,
      R"({"jsonrpc":"2.0","id":"x","result":{"resultType":"complete","ttlMs":0,"cacheScope":"private",)"
      R"("tools":[],"big":12345678901234567890.0,"_meta":{)" +
          server + "}}}");
  handler_.behaviour = [](const Request&) -> Async<RpcResult> {
    co_return R"({"content":[1.0],"ttlMs":9,"_meta":{"a/b":1,"io.modelcontextprotocol/serverInfo":"evil"},"resultType":"odd"})";
  };
  const auto exchange = modern("tools/call", R"("name":"x")", {{"Mcp-Name", "x"}});
  EXPECT_EQ(exchange->status, 200);
  EXPECT_FALSE(exchange->headers.has("Mcp-Session-Id"));
  EXPECT_EQ(exchange->body,
            R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[1.0],)"
            R"("_meta":{"a/b":1,)" +
                server + "}}}");
  handler_.behaviour = [](const Request&) -> Async<RpcResult> { co_return "[]"; };
  EXPECT_EQ(modern("tools/list")->error_code(), rpc::kInternalError);
}

TEST_F(ModernHttp, FactsComeFromTheEnvelope) {
  const auto exchange =
      modern("tools/list", "", {{"Mcp-Session-Id", "stray"}}, "7",
             R"(,"io.modelcontextprotocol/clientInfo":{"name":"probe","version":"9"})");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(handler_.last_info.era, Era::kModern);
  EXPECT_EQ(handler_.last_info.protocol_version, "2026-07-28");
  EXPECT_EQ(handler_.last_info.session_id, "");
  EXPECT_EQ(handler_.last_info.client.name, "probe");
  EXPECT_EQ(handler_.last_info.client_capabilities, R"({"roots":{}})");
}

TEST_F(ModernHttp, OnlyNamedHeadersReachTheHandler) {
  options_.forward_headers = {"x-acs-accesskey-id", "x-acs-security-token"};
  modern("tools/list", "", {{"X-Acs-AccessKey-Id", "LTAI"}, {"X-Other", "no"}});
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(handler_.last_info.forwarded, (std::vector<Pair>{{"x-acs-accesskey-id", "LTAI"}}));
}

TEST_F(ModernHttp, RequiredHeaders) {
  expect_refused(modern("tools/list", "", {{"MCP-Protocol-Version", ""}}), 400,
                 rpc::kHeaderMismatch, "MCP-Protocol-Version is missing");
  expect_refused(modern("tools/list", "", {{"Mcp-Method", ""}}), 400, rpc::kHeaderMismatch,
                 "Mcp-Method is missing");
  expect_refused(modern("tools/call", R"("name":"x")"), 400, rpc::kHeaderMismatch,
                 "Mcp-Name is missing");
  expect_refused(modern("resources/read", R"("uri":"u:x")"), 400, rpc::kHeaderMismatch,
                 "Mcp-Name is missing");
  expect_refused(modern("tools/list", "", {{"Mcp-Method", "Tools/List"}}), 400,
                 rpc::kHeaderMismatch, "Mcp-Method differs");
  expect_refused(modern("tools/call", R"("name":"x")", {{"Mcp-Name", "y"}}), 400,
                 rpc::kHeaderMismatch, "Mcp-Name differs from params.name");
  expect_refused(modern("tools/list", "", {{"MCP-Protocol-Version", "2027-01-01"}}), 400,
                 rpc::kHeaderMismatch, "MCP-Protocol-Version differs");
  expect_refused(modern("tools/call", R"("name":"x")", {{"Mcp-Name", "=?base64?eA=?="}}), 400,
                 rpc::kHeaderMismatch, "base64");
}

TEST_F(ModernHttp, NamesInHeadersAreDecoded) {
  EXPECT_EQ(modern("tools/call", R"("name":"h\u00e9")", {{"Mcp-Name", "=?base64?aMOp?="}})->status,
            200);
  EXPECT_EQ(modern("resources/read", R"("uri":"test://x")", {{"Mcp-Name", "test://x"}})->status,
            200);
  EXPECT_EQ(modern("tools/call", R"("name":"=?base64?x")", {{"Mcp-Name", "=?base64?x"}})->status,
            200);
  // No name in the body: that is for whoever checks the params.
  EXPECT_EQ(modern("tools/call")->status, 200);
}

TEST_F(ModernHttp, HeadersThatRepeatArgumentsAreChecked) {
  handler_.params = std::make_shared<const std::vector<ParamHeader>>(
      *read_param_headers(R"({"inputSchema":{"properties":{
          "region":{"type":"string","x-mcp-header":"Region"},
          "deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},
          "dry":{"type":"boolean","x-mcp-header":"Dry"}}}})"));
  const auto call = [this](std::string_view arguments, Fields fields) {
    fields.emplace_back("Mcp-Name", "x");
    return modern("tools/call", R"("name":"x","arguments":)" + std::string(arguments),
                  std::move(fields), "\"call\"");
  };
  const Fields good{{"Mcp-Param-Region", "eu"}, {"mcp-param-n", "42"}, {"Mcp-Param-DRY", "true"}};
  const char* const arguments = R"({"region":"eu","deep":{"n":42},"dry":true})";
  EXPECT_EQ(call(arguments, good)->status, 200);
  EXPECT_EQ(call(R"({"region":"eu","deep":{"n":42.0},"dry":true})", good)->status, 200);
  EXPECT_EQ(call(R"({"deep":{"n":4.2e1},"region":null})", {{"Mcp-Param-N", "42"}})->status, 200);
  EXPECT_EQ(call(R"({"deep":{"n":1e400}})", {{"Mcp-Param-N", "1e400"}})->status, 200);
  EXPECT_EQ(call(R"({"region":" \u00e9"})", {{"Mcp-Param-Region", "=?base64?IMOp?="}})->status,
            200);
  EXPECT_EQ(call("{}", {{"Mcp-Param-Region", "unasked"}, {"Mcp-Param-Other", "x"}})->status, 200);
  EXPECT_EQ(modern("tools/call", R"("name":"x")", {{"Mcp-Name", "x"}})->status, 200);

  handler_.calls = 0;  // none of these reaches the tool
  expect_refused(call(arguments, {{"Mcp-Param-Region", "eu"}, {"Mcp-Param-N", "42"}}), 400,
                 rpc::kHeaderMismatch, "Mcp-Param-Dry is missing");
  expect_refused(call(R"({"region":"eu"})", {{"Mcp-Param-Region", "EU"}}), 400,
                 rpc::kHeaderMismatch, "Mcp-Param-Region differs");
  expect_refused(call(R"({"region":"eu"})", {{"Mcp-Param-Region", "=?base64?ZXU?="}}), 400,
                 rpc::kHeaderMismatch, "Mcp-Param-Region has bad base64");
  expect_refused(call(R"({"deep":{"n":9007199254740993}})", {{"Mcp-Param-N", "9007199254740992"}}),
                 400, rpc::kHeaderMismatch, "Mcp-Param-N differs");
  expect_refused(call(R"({"deep":{"n":42}})", {{"Mcp-Param-N", "42x"}}), 400, rpc::kHeaderMismatch,
                 "Mcp-Param-N differs");
  expect_refused(call(R"({"dry":true})", {{"Mcp-Param-Dry", "True"}}), 400, rpc::kHeaderMismatch,
                 "Mcp-Param-Dry differs");
  EXPECT_EQ(parsed(call(R"({"dry":true})", {})->body).root()["id"].string(), "call");
}

TEST_F(ModernHttp, TheEnvelopeIsRequired) {
  const Fields headers{{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/list"}};
  const auto with_params = [&](const std::string& params) {
    return post(R"({"jsonrpc":"2.0","id":"q","method":"tools/list")" + params + "}", headers);
  };
  expect_refused(with_params(""), 400, rpc::kInvalidParams, "params._meta is missing");
  expect_refused(with_params(R"(,"params":{"_meta":7})"), 400, rpc::kInvalidParams,
                 "must be an object");
  expect_refused(with_params(R"(,"params":{"_meta":{}})"), 400, rpc::kInvalidParams,
                 "clientCapabilities is missing");
  expect_refused(
      with_params(R"(,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":20260728,)"
                  R"("io.modelcontextprotocol/clientCapabilities":{}}})"),
      400, rpc::kInvalidParams, "protocolVersion must be a string");
  const auto exchange = with_params("");
  EXPECT_NE(exchange->body.find(R"("id":"q")"), std::string::npos);
  // The body alone makes it modern too.
  expect_refused(post(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                      R"("io.modelcontextprotocol/clientCapabilities":{}}}})"),
                 400, rpc::kHeaderMismatch, "MCP-Protocol-Version is missing");
}

TEST_F(ModernHttp, UnsupportedVersionsLearnWhatIsSupported) {
  const auto exchange =
      post(R"({"jsonrpc":"2.0","id":301,"method":"tools/list","params":{"_meta":{)"
           R"("io.modelcontextprotocol/protocolVersion":"v999.0.0",)"
           R"("io.modelcontextprotocol/clientCapabilities":{}}}})",
           {{"MCP-Protocol-Version", "v999.0.0"}, {"Mcp-Method", "tools/list"}});
  expect_refused(exchange, 400, rpc::kUnsupportedVersion, "Unsupported protocol version");
  EXPECT_EQ(parsed(exchange->body).root()["error"]["data"].raw(),
            R"({"supported":["2026-07-28"],"requested":"v999.0.0"})");
}

TEST_F(ModernHttp, RemovedMethodsAreNotFound) {
  for (const char* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe"}) {
    expect_refused(modern(method), 404, rpc::kMethodNotFound, "Method not found");
  }
}

TEST_F(ModernHttp, HandlerErrorsGetTheirStatus) {
  const auto status_for = [this](int code) {
    handler_.behaviour = [code](const Request&) -> Async<RpcResult> {
      co_return rpc_fail(code, "no");
    };
    return modern("tools/list")->status;
  };
  EXPECT_EQ(status_for(rpc::kMethodNotFound), 404);
  EXPECT_EQ(status_for(rpc::kMissingClientCapability), 400);
  EXPECT_EQ(status_for(rpc::kInvalidParams), 200);
  EXPECT_EQ(status_for(rpc::kInternalError), 200);
}

TEST_F(ModernHttp, MessagesThatAreNoRequests) {
  const Fields headers{{"MCP-Protocol-Version", "2026-07-28"}};
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})",
                 headers)
                ->status,
            202);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","method":"notifications/unknown"})", headers)->status, 202);
  expect_refused(post(R"({"jsonrpc":"2.0","id":5,"result":{}})", headers), 400,
                 rpc::kInvalidRequest, "respond");
}

TEST_F(ModernHttp, AcceptIsTolerated) {
  EXPECT_EQ(modern("tools/list", "", {{"Accept", ""}})->status, 200);
  EXPECT_EQ(modern("tools/list", "", {{"Accept", "application/json"}})->status, 200);
}

TEST_F(ModernHttp, NoticesOnlyWhereAskedFor) {
  handler_.behaviour = [](const Request& request) -> Async<RpcResult> {
    co_await request.channel.notify("notifications/progress", R"({"progress":1})");
    co_await request.channel.notify("notifications/message", R"({"level":"info","data":1})");
    co_await request.channel.notify("notifications/message", R"({"level":"error","data":2})");
    co_return "{}";
  };
  EXPECT_FALSE(modern("tools/list")->streaming);
  const auto progress = modern("tools/list", "", {}, "1", R"(,"progressToken":"p")");
  EXPECT_TRUE(progress->streaming);
  EXPECT_NE(progress->body.find(R"({"progressToken":"p","progress":1})"), std::string::npos);
  EXPECT_EQ(progress->body.find("notifications/message"), std::string::npos);
  EXPECT_NE(progress->body.find(R"("resultType":"complete")"), std::string::npos);
  const auto logs =
      modern("tools/list", "", {}, "1", R"(,"io.modelcontextprotocol/logLevel":"warning")");
  EXPECT_EQ(logs->body.find(R"("data":1)"), std::string::npos);
  EXPECT_NE(logs->body.find(R"("data":2)"), std::string::npos);
  // A client that takes no events gets the answer alone.
  EXPECT_FALSE(
      modern("tools/list", "", {{"Accept", "application/json"}}, "1", R"(,"progressToken":1)")
          ->streaming);
}

TEST_F(ModernHttp, UnknownLogLevelIsRefused) {
  expect_refused(modern("tools/list", "", {}, "1", R"(,"io.modelcontextprotocol/logLevel":"loud")"),
                 400, rpc::kInvalidParams, "logLevel");
}

TEST_F(ModernHttp, LeavingCancels) {
  bool cancelled = false;
  handler_.behaviour = [&cancelled](const Request&) -> Async<RpcResult> {
    try {
      co_await wait_for_cancellation();
    } catch (const boost::system::system_error&) {
      cancelled = true;
    }
    co_return "{}";
  };
  const auto exchange = modern("tools/list");
  EXPECT_FALSE(exchange->done);
  exchange->leave();
  turn();
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(exchange->done);
}

TEST_F(ModernHttp, GetAndDeleteBelongToTheOtherEra) {
  for (const char* method : {"GET", "DELETE"}) {
    const auto exchange = start(method, "", {{"MCP-Protocol-Version", "2026-07-28"}});
    EXPECT_EQ(exchange->status, 405);
    EXPECT_EQ(exchange->headers.get("Allow"), "POST");
  }
}

TEST_F(ModernHttp, ListenTellsOfChangesUntilItIsStopped) {
  const auto exchange =
      modern("subscriptions/listen",
             R"("notifications":{"toolsListChanged":true,"promptsListChanged":true})", {},
             "1795151597053");
  EXPECT_TRUE(exchange->streaming);
  EXPECT_EQ(exchange->body,
            "event: message\ndata: "
            R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":)"
            R"({"notifications":{"toolsListChanged":true},)"
            R"("_meta":{"io.modelcontextprotocol/subscriptionId":1795151597053}}})"
            "\n\n");
  exchange->body.clear();
  feed_.announce("notifications/prompts/list_changed");
  feed_.announce("notifications/tools/list_changed");
  turn();
  EXPECT_EQ(exchange->body,
            "event: message\ndata: "
            R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":)"
            R"({"_meta":{"io.modelcontextprotocol/subscriptionId":1795151597053}}})"
            "\n\n");
  exchange->body.clear();
  endpoint_->stop();
  turn();
  EXPECT_TRUE(exchange->done);
  EXPECT_NE(exchange->body.find(R"("id":1795151597053,"result":{"resultType":"complete")"),
            std::string::npos);
  EXPECT_NE(exchange->body.find(R"("io.modelcontextprotocol/subscriptionId":1795151597053)"),
            std::string::npos);
}

TEST_F(ModernHttp, ListenEndsWhenTheClientLeaves) {
  const auto exchange =
      modern("subscriptions/listen", R"("notifications":{"toolsListChanged":true})");
  const std::string before = exchange->body;
  exchange->leave();
  turn();
  EXPECT_TRUE(exchange->done);
  EXPECT_EQ(exchange->body, before);
}

TEST_F(ModernHttp, ListenToNothingEndsAtOnce) {
  const auto exchange = modern("subscriptions/listen", R"("notifications":{})", {}, "\"s\"");
  EXPECT_TRUE(exchange->done);
  EXPECT_NE(exchange->body.find("acknowledged"), std::string::npos);
  EXPECT_NE(exchange->body.find(R"("id":"s","result")"), std::string::npos);
  for (const char* params : {"", R"("notifications":null)", R"("notifications":[])"}) {
    const auto refused = modern("subscriptions/listen", params);
    EXPECT_EQ(refused->status, 200) << params;
    EXPECT_EQ(refused->error_code(), rpc::kInvalidParams) << params;
  }
}

}  // namespace
}  // namespace larkspur::mcp::server
