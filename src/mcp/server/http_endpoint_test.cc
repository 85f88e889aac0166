// What comes before any era: origin, methods, media types, malformed messages; and headers by
// themselves.
#include "mcp/server/http_endpoint.h"

#include <gtest/gtest.h>

#include "mcp/server/era.h"
#include "mcp/server/headers.h"
#include "mcp/server/testing.h"

namespace larkspur::mcp::server {
namespace {

class Endpoint : public EndpointTest {};

constexpr const char* kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";

TEST_F(Endpoint, ForeignOriginsAndHostsAreRefusedFirst) {
  options_.allowed_origins = {"https://app.example.com"};
  options_.allowed_hosts = {"gateway.example.com", "other.example.com:81"};
  const std::string session = open_session();
  const auto status = [&](const char* method, Fields fields) {
    fields.push_back({"Mcp-Session-Id", session});
    return start(method, kPing, fields)->status;
  };
  for (const char* method : {"POST", "GET", "DELETE", "OPTIONS", "PUT"}) {
    EXPECT_EQ(status(method, {{"Origin", "http://evil.example.com"}}), 403) << method;
    EXPECT_EQ(status(method, {{"Host", "evil.example.com"}}), 403) << method;
  }
  for (const char* origin :
       {"null", "http://localhost.evil.com", "http://localhost:80@evil.com", "file://",
        "http://127.0.0.1.evil.com:80", "https://app.example.com:444", "localhost"}) {
    EXPECT_EQ(status("POST", {{"Origin", origin}}), 403) << origin;
  }
  for (const char* origin : {"http://localhost", "http://LOCALHOST:3000", "https://127.0.0.1:1",
                             "http://[::1]:80", "https://app.example.com"}) {
    EXPECT_EQ(status("POST", {{"Origin", origin}}), 200) << origin;
  }
  for (const char* host :
       {"localhost", "127.0.0.1:8080", "[::1]:8080", "[::1]", "gateway.example.com",
        "gateway.example.com:9", "other.example.com:81"}) {
    EXPECT_EQ(status("POST", {{"Host", host}}), 200) << host;
  }
  for (const char* host : {"", "localhost:x", "[::1", "other.example.com", "localhost.evil.com"}) {
    EXPECT_EQ(status("POST", {{"Host", host}}), 403) << host;
  }
}

TEST_F(Endpoint, AnyHostMayBeServed) {
  options_.any_host = true;
  const std::string session = open_session();
  EXPECT_EQ(legacy(session, "ping", "", "1", {{"Host", "whatever.example.com"}})->status, 200);
}

TEST_F(Endpoint, AllowedPagesMayReadTheAnswer) {
  const auto preflight = start("OPTIONS", "", {{"Origin", "http://localhost:3000"}});
  EXPECT_EQ(preflight->status, 204);
  EXPECT_EQ(preflight->headers.get("Access-Control-Allow-Origin"), "http://localhost:3000");
  EXPECT_NE(preflight->headers.get("Access-Control-Allow-Headers").find("Mcp-Session-Id"),
            std::string_view::npos);
  const auto params = start(
      "OPTIONS", "",
      {{"Origin", "http://localhost:3000"},
       {"Access-Control-Request-Headers", "Mcp-Param-Region, x-own, mcp-param-\x01, mcp-param-n"}});
  EXPECT_TRUE(params->headers.get("Access-Control-Allow-Headers")
                  .ends_with("Mcp-Session-Id, mcp-param-region, mcp-param-n"));
  const auto answer = post(kPing, {{"Origin", "http://localhost:3000"}});
  EXPECT_EQ(answer->headers.get("Access-Control-Allow-Origin"), "http://localhost:3000");
  EXPECT_FALSE(post(kPing)->headers.has("Access-Control-Allow-Origin"));
  EXPECT_FALSE(
      post(kPing, {{"Origin", "http://evil.com"}})->headers.has("Access-Control-Allow-Origin"));
}

TEST_F(Endpoint, OtherMethodsAreNotAllowed) {
  for (const char* method : {"PUT", "HEAD", "PATCH", "TRACE"}) {
    const auto exchange = start(method, "", {});
    EXPECT_EQ(exchange->status, 405) << method;
    EXPECT_EQ(exchange->headers.get("Allow"), "GET, POST, DELETE, OPTIONS") << method;
  }
}

TEST_F(Endpoint, BodiesMustBeDeclaredAsJson) {
  for (const char* type : {"", "text/plain", "application/jsonx", "multipart/form-data"}) {
    EXPECT_EQ(post(kPing, {{"Content-Type", type}})->status, 415) << type;
    EXPECT_EQ(modern("tools/list", "", {{"Content-Type", type}})->status, 415) << type;
  }
  EXPECT_EQ(modern("tools/list", "", {{"Content-Type", "Application/JSON; charset=utf-8"}})->status,
            200);
}

TEST_F(Endpoint, MalformedMessagesGet400InBothEras) {
  for (const char* version : {"2025-11-25", "2026-07-28"}) {
    const Fields fields{{"MCP-Protocol-Version", version}};
    const auto broken = post("{", fields);
    EXPECT_EQ(broken->status, 400);
    EXPECT_EQ(broken->error_code(), rpc::kParseError);
    EXPECT_NE(broken->body.find(R"("id":null)"), std::string::npos);
    for (const char* text :
         {R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])",
          R"({"jsonrpc":"2.0","id":null,"method":"ping"})",
          R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", R"({"id":1,"method":"ping"})"}) {
      const auto exchange = post(text, fields);
      EXPECT_EQ(exchange->status, 400) << text;
      EXPECT_EQ(exchange->error_code(), rpc::kInvalidRequest) << text;
    }
  }
}

TEST(Era, IsDecidedByBodyThenHeader) {
  const auto era = [](std::string text, std::string_view header) {
    return era_of(*parse_message(std::move(text)), header);
  };
  const std::string plain = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  const std::string initialize = R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})";
  EXPECT_EQ(era(plain, ""), Era::kLegacy);
  EXPECT_EQ(era(plain, "2025-11-25"), Era::kLegacy);
  EXPECT_EQ(era(plain, "2026-07-28"), Era::kModern);
  EXPECT_EQ(era(plain, "2031-01-01"), Era::kModern);
  EXPECT_EQ(era(plain, "v9"), Era::kLegacy);
  EXPECT_EQ(era(initialize, "2026-07-28"), Era::kLegacy);
  for (const char* key : {"protocolVersion", "clientCapabilities", "clientInfo"}) {
    EXPECT_EQ(
        era(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"_meta":{"io.modelcontextprotocol/)" +
                std::string(key) + R"(":null}}})",
            ""),
        Era::kModern);
  }
}

TEST(Headers, Base64ValuesAreDecodedStrictly) {
  EXPECT_EQ(decode_header_value("plain"), "plain");
  EXPECT_EQ(decode_header_value(""), "");
  EXPECT_EQ(decode_header_value("=?base64?"
                                "?="),
            "");
  EXPECT_EQ(decode_header_value("=?base64?SGVsbG8=?="), "Hello");
  EXPECT_EQ(decode_header_value("=?base64?SGVsbG8h?="), "Hello!");
  EXPECT_EQ(decode_header_value("=?base64?+/8=?="), "\xFB\xFF");
  EXPECT_EQ(decode_header_value("=?BASE64?SGVsbG8=?="), "=?BASE64?SGVsbG8=?=");
  EXPECT_EQ(decode_header_value("SGVsbG8=?="), "SGVsbG8=?=");
  for (const char* bad : {"=?base64?SGVsbG8?=", "=?base64?SGVs-G8=?=", "=?base64?S===?=",
                          "=?base64?SGVsbG9=?=", "=?base64?SGVs bG8=?="}) {
    EXPECT_EQ(decode_header_value(bad), std::nullopt) << bad;
  }
}

TEST(Headers, DuplicatesOfRequiredHeadersAreRefused) {
  const auto message = parse_message(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  net::Headers headers{{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/list"}};
  EXPECT_FALSE(missing_header(headers, *message));
  headers.add("mcp-method", "tools/call");
  EXPECT_EQ(missing_header(headers, *message)->code, rpc::kHeaderMismatch);
}

}  // namespace
}  // namespace larkspur::mcp::server
