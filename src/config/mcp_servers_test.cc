#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace larkspur::config {
namespace {

LoadOptions test_options() {
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "TOKEN") return "t-1";
    return std::nullopt;
  };
  return options;
}

std::string explain(const Problems& problems) {
  std::string out;
  for (const Problem& problem : problems) out += problem.to_string() + "\n";
  return out;
}

std::string problems_of(std::string_view json) {
  const auto read = read_mcp_servers_text(json, "mcp.json", test_options());
  return read ? "none" : explain(read.error());
}

TEST(McpServers, EveryShapeThatClientsWrite) {
  const auto read = read_mcp_servers_text(R"({
    "theme": "dark",
    "mcpServers": {
      "files": {"command": "npx", "args": ["-y", "server", "${DIR:-/tmp}"],
                "env": {"MODE": "ro", "API_TOKEN": "${env:TOKEN}"}, "cwd": "/srv",
                "alwaysAllow": ["x"]},
      "web": {"type": "http", "url": "https://h/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}},
      "windsurf": {"serverUrl": "https://w/mcp"},
      "old": {"type": "sse", "url": "https://o/sse"},
      "gemini": {"httpUrl": "https://g/mcp", "timeout": 5},
      "off": {"command": "nope", "disabled": true}
    }
  })",
                                          "mcp.json", test_options());
  ASSERT_TRUE(read.has_value()) << explain(read.error());
  EXPECT_EQ(explain(read->warnings), "");
  const auto& backends = read->value;
  ASSERT_EQ(backends.size(), 5u);
  EXPECT_EQ(backends[0].transport, Transport::kStdio);
  EXPECT_THAT(backends[0].args, testing::ElementsAre("-y", "server", "/tmp"));
  EXPECT_EQ(backends[0].env.at("API_TOKEN").reveal(), "t-1");
  EXPECT_EQ(backends[0].working_directory, "/srv");
  EXPECT_EQ(backends[1].transport, Transport::kStreamableHttp);
  EXPECT_EQ(backends[1].headers.at("Authorization").reveal(), "Bearer t-1");
  EXPECT_EQ(backends[2].url, "https://w/mcp");
  EXPECT_EQ(backends[3].transport, Transport::kSse);
  EXPECT_EQ(backends[4].url, "https://g/mcp");
}

TEST(McpServers, PlainSecretsWorkWithAWarning) {
  const auto read = read_mcp_servers_text(
      R"({"mcpServers": {"a": {"command": "x", "env": {"GITHUB_TOKEN": "abc"}, "icons": []}}})",
      "mcp.json", test_options());
  ASSERT_TRUE(read.has_value()) << explain(read.error());
  EXPECT_EQ(read->value[0].env.at("GITHUB_TOKEN").reveal(), "abc");
  EXPECT_EQ(explain(read->warnings),
            "mcp.json:1:48: env.GITHUB_TOKEN stands in plain text in this file; ${GITHUB_TOKEN} "
            "takes it from the environment\n"
            "mcp.json:1:72: 'icons' is ignored: not known here\n");
}

TEST(McpServers, NeverShowsWhatMayBeASecret) {
  EXPECT_EQ(
      problems_of("{\"mcpServers\": {\"a\": {\"url\": \"http://h\", \"headers\": \"sk-1\"}}}"),
      "mcp.json:1:54: headers must be a map from name to value\n");
  EXPECT_EQ(
      problems_of("{\"mcpServers\": {\"a\": {\"url\": \"http://h\", \"headers\": {\"X\": [1]}}}}"),
      "mcp.json:1:60: headers.X must be text\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"url\": \"http://h\", \"headers\": {\"X\": "
                        "\"a\\r\\nB: c\"}}}}"),
            "mcp.json:1:55: the value holds a control character, such as a line break\n");
}

TEST(McpServers, MistakesAreExplained) {
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"command\": \"x\",}}}"),
            "mcp.json:1:37: JSON disallows trailing comma before closing brace\n");
  EXPECT_EQ(problems_of("{\"mcpservers\": {}}"),
            "mcp.json:1:3: expected an object with the member 'mcpServers', which is an object of "
            "servers; 'mcpservers' is nearly that\n");
  EXPECT_EQ(problems_of("{}"),
            "mcp.json:1:1: expected an object with the member 'mcpServers', which is an object of "
            "servers\n");
  EXPECT_EQ(problems_of("[]"),
            "mcp.json:1:1: expected an object with the member 'mcpServers', which is an object of "
            "servers\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": []}"),
            "mcp.json:1:3: expected an object with the member 'mcpServers', which is an object of "
            "servers\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": 7}}"),
            "mcp.json:1:22: server 'a' must be a map of keys, not '7'\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {}}}"),
            "mcp.json:1:18: a backend needs a 'url' (streamable-http) or a 'command' (stdio)\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"comand\": \"x\"}}}"),
            "mcp.json:1:24: unknown key 'comand'; did you mean 'command'?\n");
  EXPECT_EQ(
      problems_of("{\"mcpServers\": {\"a b\": {\"command\": \"x\"}}}"),
      "mcp.json:1:18: 'a b' is no backend name: letters, digits, '_', '.' and '-', at most 64\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"type\": \"grpc\", \"url\": \"http://h\"}}}"),
            "mcp.json:1:32: type must be stdio, http, streamable-http or sse, not 'grpc'\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"url\": \"h\"}}}"),
            "mcp.json:1:18: url must begin with http:// or https://, not 'h'\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"command\": \"x\", \"args\": \"y\"}}}"),
            "mcp.json:1:48: args must be a list, [a, b] or one dash for each entry, not 'y'\n");
  EXPECT_EQ(problems_of("{\"mcpServers\": {\"a\": {\"command\": \"${NOPE}\"}}}"),
            "mcp.json:1:35: the environment variable 'NOPE' is not set; set it, or give a default: "
            "${NOPE:-default}\n");
  EXPECT_EQ(
      problems_of("{\"mcpServers\": {\"a\": {\"command\": \"x\"}, \"a\": {\"command\": \"y\"}}}"),
      "mcp.json:1:41: duplicate key 'a'; it already stands in line 1\n");
}

}  // namespace
}  // namespace larkspur::config
