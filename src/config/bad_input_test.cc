// What a person reads who made a mistake: the exact text, line and column of every kind of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/load.h"

namespace larkspur::config {
namespace {

struct Case {
  std::string name;
  std::string yaml;
  std::vector<std::string> messages;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

LoadOptions test_options() {
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/ada";
    if (name == "EMPTY") return "";
    if (name == "MULTILINE") return "a\nb";
    return std::nullopt;
  };
  return options;
}

class BadInput : public testing::TestWithParam<Case> {};

TEST_P(BadInput, IsExplained) {
  const auto loaded = load_text(GetParam().yaml, "f.yaml", test_options());
  ASSERT_FALSE(loaded.has_value());
  std::vector<std::string> messages;
  for (const Problem& problem : loaded.error()) messages.push_back(problem.to_string());
  EXPECT_THAT(messages, testing::ElementsAreArray(GetParam().messages));
}

// One good backend, for cases that need a name to refer to.
const std::string kBackend = "backends: [{name: github, url: 'http://h/mcp'}]\n";

const Case kCases[] = {
    {"UnknownTopLevelKey",
     "backend: []\n",
     {"f.yaml:1:1: unknown key 'backend'; did you mean 'backends'?"}},
    {"UnknownKeyNothingNear",
     "frobnicate: 1\n",
     {"f.yaml:1:1: unknown key 'frobnicate'; the file has name, stateDirectory, listen, "
      "incomingAuth, backends, "
      "aggregation, "
      "codeMode, telemetry, executionLog, tools, limits, sessions"}},
    {"UnknownNestedKey",
     "listen:\n  adress: 127.0.0.1\n",
     {"f.yaml:2:3: unknown key 'adress'; did you mean 'address'?"}},
    {"UnknownKeyInAList",
     "backends:\n  - name: a\n    urll: http://h\n    url: http://h\n",
     {"f.yaml:3:5: unknown key 'urll'; did you mean 'url'?"}},
    {"ScalarForAStruct",
     "listen: 8484\n",
     {"f.yaml:1:9: listen must be a map of keys, not '8484'"}},
    {"MapForAList",
     "backends:\n  name: a\n",
     {"f.yaml:2:3: backends must be a list, [a, b] or one dash for each entry"}},
    {"ListForText", "name: [a]\n", {"f.yaml:1:8: name must be text"}},
    {"NullInAList",
     "listen:\n  allowedHosts:\n    -\n",
     {"f.yaml:2:3: listen.allowedHosts[0] must be text"}},
    {"TextForBool",
     "codeMode:\n  enabled: yes\n",
     {"f.yaml:2:12: codeMode.enabled must be true or false, not 'yes'"}},
    {"TextForNumber",
     "listen:\n  port: http\n",
     {"f.yaml:2:9: listen.port must be a whole number from 0 to 65535, not 'http'"}},
    {"PortTooLarge",
     "listen:\n  port: 65536\n",
     {"f.yaml:2:9: listen.port must be a whole number from 0 to 65535, not '65536'"}},
    {"NegativePort",
     "listen:\n  port: -1\n",
     {"f.yaml:2:9: listen.port must be a whole number from 0 to 65535, not '-1'"}},
    {"ZeroSteps",
     "codeMode: {stepLimit: 0}\n",
     {"f.yaml:1:23: codeMode.stepLimit must be a whole number, at least 1, not '0'"}},
    {"HugeSteps",
     "codeMode: {stepLimit: 99999999999999999999}\n",
     {"f.yaml:1:23: codeMode.stepLimit must be a whole number, at least 1, not "
      "'99999999999999999999'"}},
    {"ManyThreads",
     "listen: {threads: 5000}\n",
     {"f.yaml:1:19: listen.threads must be a whole number from 0 to 1024, not '5000'"}},
    {"DurationWithoutUnit",
     "limits:\n  requestTimeout: 30\n",
     {"f.yaml:2:19: limits.requestTimeout must be a duration such as 500ms, 30s or 1m30s, not "
      "'30'"}},
    {"DurationOfZero",
     "limits: {requestTimeout: 0}\n",
     {"f.yaml:1:26: limits.requestTimeout must be at least 1ms, not '0'"}},
    {"DurationOfACentury",
     "limits: {requestTimeout: 900000h}\n",
     {"f.yaml:1:26: limits.requestTimeout must be at most 8760h, not '900000h'"}},
    {"SizeInMegabytes",
     "codeMode:\n  memoryLimit: 64MB\n",
     {"f.yaml:2:16: codeMode.memoryLimit must be a size such as 4096, 64KiB or 16MiB, not '64MB'"}},
    {"SizeTooSmall",
     "codeMode: {memoryLimit: 1KiB}\n",
     {"f.yaml:1:25: codeMode.memoryLimit must be at least 64KiB, not '1KiB'"}},
    {"SamplingAboveOne",
     "telemetry: {samplingRate: 1.5}\n",
     {"f.yaml:1:27: telemetry.samplingRate must be a number from 0 to 1, not '1.5'"}},
    {"SamplingNotANumber",
     "telemetry: {samplingRate: nan}\n",
     {"f.yaml:1:27: telemetry.samplingRate must be a number from 0 to 1, not 'nan'"}},
    {"UnknownWord",
     "aggregation:\n  conflictResolution: prefixes\n",
     {"f.yaml:2:23: aggregation.conflictResolution must be one of prefix, priority, manual, not "
      "'prefixes'"}},
    {"DuplicateKey",
     "listen:\n  port: 1\n  port: 2\n",
     {"f.yaml:3:3: duplicate key 'port'; it already stands in line 2"}},
    {"TwoDocuments",
     "name: a\n---\nname: b\n",
     {"f.yaml: the file has more than one document (---); Larkspur reads one"}},
    {"UnclosedQuote", "name: 'a\n", {"f.yaml:1:8: single-quoted scalar without closing quote"}},
    {"Tab", "listen:\n\tport: 1\n", {"f.yaml:2:1: tab character may not be used as indentation"}},
    {"Alias",
     "name: &x a\n",
     {"f.yaml:1:10: anchors and aliases are not supported; write the value out"}},
    {"Tag",
     "name: !!str a\n",
     {"f.yaml:1:13: tags (!...) are not supported; write the plain value"}},
    {"NotUtf8", "name: \xff\n", {"f.yaml: the file is not UTF-8 text"}},
    {"RootIsAList", "- a\n", {"f.yaml:1:3: the file must be a map of keys"}},
    {"RemoteAddress",
     "listen:\n  address: 0.0.0.0\n",
     {"f.yaml:2:12: listen.address 0.0.0.0 can be reached by other machines, and nobody asks who "
      "they are; use 127.0.0.1, or configure incomingAuth, or set listen.allowRemote: true when "
      "something in front of Larkspur asks"}},
    {"RemoteAddressV6",
     "listen:\n  address: '::'\n",
     {"f.yaml:2:13: listen.address :: can be reached by other machines, and nobody asks who "
      "they are; use 127.0.0.1, or configure incomingAuth, or set listen.allowRemote: true when "
      "something in front of Larkspur asks"}},
    {"AddressIsAName",
     "listen:\n  address: localhost\n",
     {"f.yaml:2:12: listen.address must be an IP address such as 127.0.0.1 or ::1, not "
      "'localhost'"}},
    {"PathWithoutSlash",
     "listen: {path: mcp}\n",
     {"f.yaml:1:16: listen.path must begin with '/' and hold no space, '?' or '#', not 'mcp'"}},
    {"PathIsMetrics",
     "listen: {path: /metrics}\n",
     {"f.yaml:1:16: listen.path is /metrics, where Prometheus text is served; choose another, or "
      "set telemetry.enablePrometheusMetricsPath: false"}},
    {"OriginWithPath",
     "listen: {allowedOrigins: ['https://a.example/x', '*']}\n",
     {"f.yaml:1:28: an origin is a scheme, a host and perhaps a port, such as https://app.example, "
      "not 'https://a.example/x'",
      "f.yaml:1:51: an origin is a scheme, a host and perhaps a port, such as https://app.example, "
      "not '*'"}},
    {"BackendWithoutName",
     "backends:\n  - url: http://h\n",
     {"f.yaml:2:5: backends[0] needs the key 'name'"}},
    {"BackendWithoutAnything",
     "backends:\n  - name: a\n",
     {"f.yaml:2:5: a backend needs a 'url' (streamable-http) or a 'command' (stdio)"}},
    {"BackendNameWithSpace",
     "backends:\n  - name: my server\n    url: http://h\n",
     {"f.yaml:2:11: 'my server' is no backend name: letters, digits, '_', '.' and '-', at most "
      "64"}},
    {"BackendNameReserved",
     "backends:\n  - name: larkspur\n    url: http://h\n",
     {"f.yaml:2:11: the name 'larkspur' is taken by the tools that Larkspur has itself"}},
    {"DuplicateBackend",
     "backends:\n  - {name: a, url: 'http://h'}\n  - {name: a, url: 'http://i'}\n",
     {"f.yaml:3:12: two backends are named 'a'; names must differ"}},
    {"StdioWithoutCommand",
     "backends:\n  - name: a\n    transport: stdio\n",
     {"f.yaml:3:16: a stdio backend needs a 'command'"}},
    {"HttpWithoutUrl",
     "backends:\n  - name: a\n    transport: streamable-http\n",
     {"f.yaml:3:16: a streamable-http backend needs a 'url'"}},
    {"StdioWithUrl",
     "backends:\n  - name: a\n    command: x\n    url: http://h\n",
     {"f.yaml:4:10: 'url' does not belong to backends of transport stdio; they have command, args, "
      "env and workingDirectory"}},
    {"HttpWithCommandParts",
     "backends:\n  - name: a\n    url: http://h\n    args: [x]\n    env: {A: b}\n",
     {"f.yaml:4:12: 'args' does not belong to backends of transport streamable-http; they have "
      "url, headers and oauth",
      "f.yaml:5:11: 'env' does not belong to backends of transport streamable-http; they have "
      "url, headers and oauth"}},
    {"UrlWithoutScheme",
     "backends:\n  - name: a\n    url: localhost:9000/mcp\n",
     {"f.yaml:3:10: url must begin with http:// or https://, not 'localhost:9000/mcp'"}},
    {"UnknownTransport",
     "backends:\n  - name: a\n    transport: grpc\n    url: http://h\n",
     {"f.yaml:3:16: backends[0].transport must be one of stdio, streamable-http, sse, not 'grpc'"}},
    {"SseWithoutUrl",
     "backends:\n  - name: a\n    transport: sse\n",
     {"f.yaml:3:16: an sse backend needs a 'url'"}},
    {"SseWithCommand",
     "backends:\n  - name: a\n    transport: sse\n    url: http://h\n    command: x\n",
     {"f.yaml:5:14: 'command' does not belong to backends of transport sse; they have url, headers "
      "and oauth"}},
    {"LiteralAuthorization",
     "backends:\n  - name: a\n    url: http://h\n    headers:\n      Authorization: Bearer abc\n",
     {"f.yaml:5:22: backends[0].headers.Authorization: a secret must not stand in the file; write "
      "env:NAME or file:PATH (a word may go in front: Bearer env:NAME)"}},
    {"LiteralTokenInEnv",
     "backends:\n  - name: a\n    command: x\n    env:\n      GITHUB_TOKEN: abc\n",
     {"f.yaml:5:21: backends[0].env.GITHUB_TOKEN: a secret must not stand in the file; write "
      "env:NAME or file:PATH (a word may go in front: Bearer env:NAME)"}},
    {"MissingVariable",
     "backends:\n  - name: a\n    url: http://h\n    headers:\n      Authorization: Bearer "
     "env:NOPE\n",
     {"f.yaml:5:22: backends[0].headers.Authorization: the environment variable 'NOPE' is not set; "
      "set it, or mend the name"}},
    {"EmptyVariable",
     "backends:\n  - {name: a, url: 'http://h', headers: {X: 'env:EMPTY'}}\n",
     {"f.yaml:2:46: backends[0].headers.X: the environment variable 'EMPTY' is empty"}},
    {"VariableWithoutName",
     "backends:\n  - {name: a, url: 'http://h', headers: {X: 'env:'}}\n",
     {"f.yaml:2:46: backends[0].headers.X: env: needs the name of a variable after it"}},
    {"VariableWithLineBreak",
     "backends:\n  - {name: a, url: 'http://h', headers: {X: 'env:MULTILINE'}}\n",
     {"f.yaml:2:46: backends[0].headers.X: the value holds a control character, such as a line "
      "break"}},
    {"MissingSecretFile",
     "backends:\n  - {name: a, url: 'http://h', headers: {X: 'file:/nonexistent/t'}}\n",
     {"f.yaml:2:46: backends[0].headers.X: cannot read the file '/nonexistent/t': No such file or "
      "directory"}},
    {"PrefixWithoutWorkload",
     "aggregation:\n  conflictResolutionConfig:\n    prefixFormat: x_\n",
     {"f.yaml:3:19: prefixFormat must hold {workload} once, and besides it only letters, digits, "
      "'_', '.' and '-', such as '{workload}_', not 'x_'"}},
    {"PrefixWithSlash",
     "aggregation:\n  conflictResolutionConfig:\n    prefixFormat: '{workload}/'\n",
     {"f.yaml:3:20: prefixFormat must hold {workload} once, and besides it only letters, digits, "
      "'_', '.' and '-', such as '{workload}_', not '{workload}/'"}},
    {"PriorityOfNobody",
     kBackend + "aggregation:\n  conflictResolution: priority\n  conflictResolutionConfig:\n    "
                "priorityOrder:\n      - githib\n      - jira\n",
     {"f.yaml:6:9: no backend is named 'githib'; did you mean 'github'?",
      "f.yaml:7:9: no backend is named 'jira'"}},
    {"PriorityTwice",
     kBackend + "aggregation:\n  conflictResolution: priority\n  conflictResolutionConfig: "
                "{priorityOrder: [github, github]}\n",
     {"f.yaml:4:54: 'github' stands twice in priorityOrder"}},
    {"ToolsOfNobody",
     kBackend + "aggregation:\n  tools:\n    - workload: githup\n",
     {"f.yaml:4:17: no backend is named 'githup'; did you mean 'github'?"}},
    {"ToolsWithoutWorkload",
     "aggregation:\n  tools:\n    - filter: [a]\n",
     {"f.yaml:3:7: aggregation.tools[0] needs the key 'workload'"}},
    {"ToolsTwice",
     kBackend + "aggregation:\n  tools:\n    - workload: github\n    - workload: github\n",
     {"f.yaml:5:17: 'github' has an entry already; join the two"}},
    {"OverrideOfNothing",
     kBackend + "aggregation:\n  tools:\n    - workload: github\n      overrides:\n        "
                "get_issue: {}\n",
     {"f.yaml:6:9: the override of 'get_issue' changes nothing; give it a name or a description"}},
    {"OverrideNullKeys",
     kBackend +
         "aggregation:\n  tools:\n    - workload: github\n      overrides:\n        get_issue:\n",
     {"f.yaml:6:9: the override of 'get_issue' changes nothing; give it a name or a description"}},
    {"OverrideBadName",
     kBackend + "aggregation:\n  tools:\n    - workload: github\n      overrides:\n        "
                "get_issue: {name: get issue}\n",
     {"f.yaml:6:27: 'get issue' is no tool name: letters, digits, '_', '.' and '-', at most 128"}},
    {"OverridesCollide",
     kBackend + "aggregation:\n  tools:\n    - workload: github\n      overrides:\n        a: "
                "{name: x}\n        b: {name: x}\n",
     {"f.yaml:7:19: two tools of 'github' would be named 'x'"}},
    {"TelemetryEndpointWithoutScheme",
     "telemetry:\n  endpoint: localhost:4318\n",
     {"f.yaml:2:13: telemetry.endpoint must begin with http:// or https://, not 'localhost:4318'"}},
    {"AuthThatCannotWork",
     "incomingAuth:\n  scopes: ['a b']\n  issuers:\n    - issuer: idp.example\n    - issuer: "
     "https://idp.example\n",
     {"f.yaml:2:13: 'a b' is no scope: visible ASCII without spaces, quotes and backslashes",
      "f.yaml:4:15: incomingAuth.issuers[0].issuer must be a URL that begins with https:// (or "
      "http://) and has no fragment, not 'idp.example'",
      "f.yaml:5:7: two issuers could name the same principal; give each a principalPrefix of its "
      "own"}},
    {"ScopesWithoutAnybodyToGrantThem",
     "incomingAuth:\n  scopes: [mcp]\n",
     {"f.yaml:2:12: incomingAuth.scopes needs issuers or tokens; nobody has a scope without them"}},
    {"IssuersAndNoFixedAddress",
     "listen: {port: 0}\nincomingAuth:\n  issuers:\n    - issuer: https://idp.example\n",
     {"f.yaml:3:3: incomingAuth needs the key 'resource' unless listen is a loopback address and a "
      "fixed port; tokens are made for it"}},
    {"ATokenInTheFile",
     "incomingAuth:\n  tokens:\n    - principal: ci\n      token: sk-4711\n",
     {"f.yaml:4:14: incomingAuth.tokens[0].token: a secret must not stand in the file; write "
      "env:NAME or file:PATH "
      "(a word may go in front: Bearer env:NAME)"}},
    {"OAuthThatCannotWork",
     "backends:\n  - name: a\n    url: https://h\n    headers: {authorization: env:HOME}\n    "
     "oauth:\n"
     "      grant: client_credentials\n      clientMetadataUrl: http://h/x\n      scopes: ['']\n",
     {"f.yaml:6:7: a backend has oauth or a header Authorization, not both",
      "f.yaml:6:14: client_credentials needs a clientId and a clientSecret",
      "f.yaml:7:26: clientMetadataUrl must begin with https://, not 'http://h/x'",
      "f.yaml:8:17: '' is no scope: visible ASCII without spaces, quotes and backslashes"}},
    {"OAuthWithoutAGrant",
     "backends:\n  - name: a\n    url: https://h\n    oauth:\n      clientId: x\n",
     {"f.yaml:5:7: oauth needs the key 'grant'; without it no token is fetched"}},
    {"SeveralAtOnce",
     "naem: x\nlisten:\n  port: many\nbackends:\n  - name: a\n    transport: stdio\nlimits:\n  "
     "requestTimeout: 5\n",
     {"f.yaml:1:1: unknown key 'naem'; did you mean 'name'?",
      "f.yaml:3:9: listen.port must be a whole number from 0 to 65535, not 'many'",
      "f.yaml:6:16: a stdio backend needs a 'command'",
      "f.yaml:8:19: limits.requestTimeout must be a duration such as 500ms, 30s or 1m30s, not "
      "'5'"}},
    {"ControlCharactersAreEscaped",
     "\"a\\u001b[31m\": 1\n",
     {"f.yaml:1:2: unknown key 'a\\x1b[31m'; the file has name, stateDirectory, listen, "
      "incomingAuth, backends, "
      "aggregation, "
      "codeMode, telemetry, executionLog, tools, limits, sessions"}},
};

INSTANTIATE_TEST_SUITE_P(Table, BadInput, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(BadInput, OperationsToolsThatLackWhatTheyNeed) {
  const std::string yaml =
      "tools:\n"
      "  kubectl: {enabled: true, kubeconfigMode: ACK_PUBLIC, rawPaths: [healthz]}\n"
      "  prometheus: {enabled: true, auth: basic, endpoint: 'prom:9090',\n"
      "    credentials: {username: ada}}\n";
  const auto loaded = load_text(yaml, "f.yaml", test_options());
  ASSERT_FALSE(loaded.has_value());
  std::string all;
  for (const Problem& each : loaded.error()) all += each.to_string() + "\n";
  EXPECT_EQ(all,
            "f.yaml:2:44: this kubeconfigMode asks Alibaba Cloud for credentials; set "
            "tools.alibabaCloud.enabled: true, or use LOCAL or INCLUSTER\n"
            "f.yaml:2:67: 'healthz' is no path: it begins with '/' and holds no '%' and no space\n"
            "f.yaml:3:37: auth: basic needs tools.prometheus.credentials.password\n"
            "f.yaml:3:55: 'prom:9090' must begin with http:// or https://\n");
}

TEST(BadInput, StopsAtTwenty) {
  std::string yaml;
  for (int i = 0; i < 50; ++i) yaml += "nonsense" + std::to_string(i) + ": 1\n";
  const auto loaded = load_text(yaml, "f.yaml", test_options());
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().size(), kMaxProblems);
  EXPECT_EQ(loaded.error().back().line, 20u);
}

TEST(BadInput, NeverShowsWhatMayBeASecret) {
  const std::string canary = "sk-canary-4711";
  for (const std::string& yaml : {
           "backends: [{name: a, url: 'http://h', headers: {Authorization: " + canary + "}}]\n",
           "backends: [{name: a, url: 'http://h', headers: " + canary + "}]\n",
           "backends: [{name: a, url: 'http://h', headers: {Authorization: [" + canary + "]}}]\n",
           "backends: [{name: a, command: x, env: {API_TOKEN: Bearer " + canary + "}}]\n",
           "telemetry: {headers: {x-api-key: " + canary + "}}\n",
           "incomingAuth: {tokens: [{principal: ci, token: " + canary + "}]}\n",
       }) {
    const auto loaded = load_text(yaml, "f.yaml", test_options());
    ASSERT_FALSE(loaded.has_value()) << yaml;
    for (const Problem& problem : loaded.error()) {
      EXPECT_EQ(problem.message.find("canary"), std::string::npos) << problem.message;
    }
  }
}

TEST(BadInput, AFileThatCannotBeRead) {
  const auto missing = load_file("/nonexistent/larkspur.yaml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().at(0).to_string(),
            "/nonexistent/larkspur.yaml: cannot read it: No such file or directory");
  const auto folder = load_file("/tmp");
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().at(0).to_string(), "/tmp: cannot read it: it is a directory");
}

}  // namespace
}  // namespace larkspur::config
