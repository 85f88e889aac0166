#include "execlog/form/json_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "execlog/iso_time.h"
#include "json/value.h"

namespace larkspur::execlog {
namespace {

using ::testing::HasSubstr;

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

json::Document schema() {
  std::ifstream file("src/execlog/execution-log.schema.json");
  std::stringstream text;
  text << file.rdbuf();
  return json::Document::parse(text.str()).value();
}

Record failed_record() {
  Record record;
  record.tool_call_id = "execute_tool_script_-_1763624189123-0a3k9";
  record.start_time = 1763624189123;
  record.end_time = 1763624190368;
  record.duration_ms = 1245;
  record.messages = {"compiled", "called \"x\"\n"};
  record.warnings = {"slow"};
  record.error = "it broke";
  record.metadata = Metadata{.error_type = "tool_error",
                             .error_code = "unavailable",
                             .failure_stage = FailureStage::kBackendCall,
                             .caused_by = {"connection refused"},
                             .further = {{"http_status", std::int64_t{503}},
                                         {"retryable", true},
                                         {"ratio", 0.5},
                                         {"note", std::string("é")},
                                         {"nothing", nullptr}}};
  record.status = Status::kFailed;
  record.tool_name = "execute_tool_script";
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  record.span_id = "b7ad6b7169203331";
  record.parent_span_id = "00f067aa0ba902b7";
  record.parent_id = "outer_-_1-00000000";
  record.place = "3/7";
  record.ordinal = 7;
  record.completed = 9;
  record.script = ScriptInfo{.hash = digest('a'),
                             .step_count = 1234,
                             .tool_count = 9,
                             .parallel_used = true,
                             .calls_saved = 8,
                             .bytes_kept = 70'000,
                             .data_digest = digest('b'),
                             .tools_digest = digest('c'),
                             .machine_version = "1.0",
                             .step_limit = 1,
                             .memory_limit_bytes = 2,
                             .depth_limit = 3,
                             .call_limit = 4,
                             .parallel_limit = 5,
                             .print_limit_bytes = 6,
                             .output_limit_bytes = 7,
                             .clock_ms = 8};
  record.request.jsonrpc_id = std::int64_t{7};
  record.request.protocol_version = "2026-07-28";
  record.request.transport = Transport::kStreamableHttp;
  record.request.client_name = "demo";
  record.request.arguments_size_bytes = 12;
  record.request.arguments_digest = digest('d');
  record.request.arguments_blob = digest('e');
  record.principal =
      Principal{PrincipalKind::kUser, "alice", "https://idp", "LTAI****st00", {"agent:ops"}};
  record.result = {.is_error = true,
                   .size_bytes = 3456,
                   .item_count = 12,
                   .truncated = false,
                   .digest = digest('f'),
                   .blob = digest('0')};
  record.dropped = {.messages = 1,
                    .api_calls = 2,
                    .warnings = 3,
                    .items = 4,
                    .redactions = 5,
                    .bytes = 6,
                    .contents = 7};
  return record;
}

// One call of every kind, every field that a kind requires and some that it allows.
std::vector<ApiCall> calls_of_every_kind() {
  std::vector<ApiCall> calls;
  const auto add = [&](std::string api, ApiCall::Details details) -> ApiCall& {
    calls.push_back({.api = std::move(api), .details = std::move(details)});
    calls.back().seq = static_cast<std::int64_t>(calls.size()) - 1;
    calls.back().duration_ms = 11;
    return calls.back();
  };
  add("DescribeClusters", OpenApiCall{.service = "CS", .poll_count = 3}).request_id = "R-1";
  add("DescribeClusterDetail", OpenApiCall{});  // without a request id: null
  add("PrometheusQuery", PrometheusCall{.endpoint = "https://p", .query_type = "range"});
  add("GetLogs", SlsCall{.project = "p", .logstore = "l", .log_count = 0});
  add("KubectlCommand", KubectlCall{.command = "get pods", .type = "normal"});
  add("GetKubeconfig", KubeconfigCall{.source = "cache"});
  add("ResolveEndpoint", EndpointCall{.endpoint = "https://p"});
  ApiCall& mcp = add("tools/call", McpCall{.backend = "files",
                                           .mcp_method = "tools/call",
                                           .tool = "read_file",
                                           .is_error = false,
                                           .attempt_backends = {"a", "b"}});
  mcp.attempts = 2;
  mcp.retry_reasons = {"connection reset"};
  mcp.span_id = "b7ad6b7169203331";
  ApiCall& http = add("fetch", HttpCall{.method = "GET", .endpoint = "https://h/x", .tls = true});
  http.status = ApiStatus::kFailed;
  http.http_status = 500;
  http.error = "HTTP 500";
  return calls;
}

TEST(JsonForm, AuditViewReadsBackTheSame) {
  Record record = failed_record();
  record.api_calls = calls_of_every_kind();
  const std::string text = to_json(record, View::kAudit);
  const Result<Record> read = from_json(text);
  ASSERT_TRUE(read) << read.error().message << "\n" << text;
  EXPECT_EQ(to_json(*read, View::kAudit), text);
  EXPECT_EQ(read->api_calls.size(), 9U);
  EXPECT_EQ(std::get<McpCall>(read->api_calls[7].details).tool, "read_file");
  EXPECT_EQ(read->place, "3/7");
  EXPECT_EQ(read->metadata->further.size(), 5U);
}

TEST(JsonForm, HasTheNineFieldsWhateverHappened) {
  for (const View view : {View::kAudit, View::kResponse}) {
    const auto document = json::Document::parse(to_json(Record{}, view));
    ASSERT_TRUE(document);
    for (const char* field : {"tool_call_id", "start_time", "end_time", "duration_ms", "messages",
                              "api_calls", "warnings", "error", "metadata"}) {
      EXPECT_TRUE(document->root()[field].exists()) << field;
    }
  }
}

TEST(JsonForm, ResponseViewIsShortAndKeepsTheCallerOut) {
  Record record = failed_record();
  record.api_calls = calls_of_every_kind();
  const auto document = json::Document::parse(to_json(record, View::kResponse));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().size(), 9U);
  EXPECT_FALSE(document->root()["principal"].exists());
  const json::Value calls = document->root()["api_calls"];
  for (const json::Value call : calls.elements()) EXPECT_FALSE(call["start_offset_ms"].exists());
  EXPECT_THAT(std::string(calls.raw()), HasSubstr(R"("error":"HTTP 500")"));
  // What the requirement shows of each kind is there, and no more.
  EXPECT_THAT(std::string(calls.raw()), HasSubstr(R"("logstore":"l","log_count":0})"));
  EXPECT_THAT(std::string(calls.raw()), HasSubstr(R"("duration_ms":11,"endpoint":"https://p"})"));
}

// No member is written that the schema does not know.
TEST(JsonForm, EveryMemberIsInTheSchema) {
  const json::Document schema = execlog::schema();
  const auto known = [&](json::Value object, json::Value described, std::string_view where) {
    for (const auto [name, value] : object.members()) {
      EXPECT_TRUE(described["properties"][name].exists()) << where << " " << name;
    }
  };
  Record record = failed_record();
  const auto written = json::Document::parse(to_json(record, View::kAudit));
  const json::Value root = written->root(), described = schema.root();
  known(root, described, "record");
  for (const char* part : {"script", "request", "principal", "result", "dropped"}) {
    EXPECT_GT(root[part].size(), 0U) << part;
    known(root[part], described["properties"][part], part);
  }
}

TEST(JsonForm, VocabularyIsTheSchemas) {
  const json::Document document = schema();
  const json::Value root = document.root();
  const auto same = []<class Enum>(json::Value words, Enum last) {
    ASSERT_GT(words.size(), 0U);
    std::size_t index = 0;
    for (const json::Value word : words.elements()) {
      EXPECT_EQ(from_text<Enum>(word.string()), static_cast<Enum>(index++)) << word.string();
    }
    EXPECT_EQ(to_string(last), std::string_view(to_string(static_cast<Enum>(index - 1))));
  };
  same(root["properties"]["status"]["enum"], Status::kUnknown);
  same(root["$defs"]["api_call"]["properties"]["status"]["enum"], ApiStatus::kDenied);
  same(root["$defs"]["api_call"]["properties"]["kind"]["enum"], ApiKind::kHttp);
  same(root["$defs"]["metadata"]["properties"]["failure_stage"]["enum"], FailureStage::kInternal);
  same(root["properties"]["request"]["properties"]["transport"]["enum"], Transport::kCli);
  same(root["properties"]["principal"]["properties"]["kind"]["enum"], PrincipalKind::kAgent);
}

// A record with `from` replaced by `to` is refused, and the error names the place.
struct Negative {
  std::string from, to, place;
};

TEST(JsonForm, RefusesWhatTheSchemaRefuses) {
  Record record = failed_record();
  record.api_calls = calls_of_every_kind();
  const std::string good = to_json(record, View::kAudit);
  const std::vector<Negative> negatives = {
      {R"("tool_call_id":"execute_tool_script_-_1763624189123-0a3k9",)", "", "tool_call_id"},
      {"execute_tool_script_-_1763624189123", "with space", "tool_call_id"},
      {"2025-11-20T07:36:29.123Z", "2025-11-20T07:36:29.123+00:00", "start_time"},
      {"2025-11-20T07:36:29.123Z", "2025-02-30T07:36:29.123Z", "start_time"},
      {R"("duration_ms":1245)", R"("duration_ms":-1)", "duration_ms"},
      {R"("duration_ms":1245)", R"("duration_ms":1.5)", "duration_ms"},
      {R"("messages":["compiled")", R"("messages":[1)", "messages"},
      {R"("status":"failed","tool_name")", R"("status":"done","tool_name")", "status"},
      {R"("failure_stage":"backend_call")", R"("failure_stage":"somewhere")",
       "metadata.failure_stage"},
      {R"("note":"é")", R"("note":{})", "metadata.note"},
      {R"("kind":"mcp",)", "", "api_calls[7].kind"},
      {R"("backend":"files",)", "", "api_calls[7].backend"},
      {R"("query_type":"range")", R"("query_type":"rage")", "api_calls[2].query_type"},
      {R"("http_status":500)", R"("http_status":99)", "api_calls[8].http_status"},
      {R"("trace_id":"0af7)", R"("trace_id":"0AF7)", "trace_id"},
      {R"("place":"3/7")", R"("place":"3-7")", "place"},
      {R"("schema_version":"1.0")", R"("schema_version":"2.0")", "schema_version"},
      {R"("transport":"streamable_http")", R"("transport":"carrier pigeon")", "request.transport"},
      {R"("is_error":true)", R"("is_error":"true")", "result.is_error"},
      {R"("contents":7})", R"("contents":7,"more":1})", "dropped.more"},
      {R"("schema_version")", R"("color":"red","schema_version")", "color"},
  };
  for (const Negative& negative : negatives) {
    std::string text = good;
    const std::size_t at = text.find(negative.from);
    ASSERT_NE(at, std::string::npos) << negative.from << "\n" << good;
    text.replace(at, negative.from.size(), negative.to);
    const Result<Record> read = from_json(text);
    ASSERT_FALSE(read) << negative.to;
    EXPECT_THAT(read.error().message, HasSubstr(negative.place));
  }
}

TEST(JsonForm, AHugeRecordIsShortenedToTheCap) {
  Record record = failed_record();
  record.dropped = {};
  for (std::size_t i = 0; i < kMaxApiCalls; ++i) {
    ApiCall call{.api = "KubectlCommand",
                 .details = KubectlCall{.command = std::string(2048, 'x')}};
    call.seq = static_cast<std::int64_t>(i);
    record.api_calls.push_back(std::move(call));
  }
  const std::string text = to_bounded_json(record);
  EXPECT_LE(text.size(), kMaxRecordBytes);
  const Result<Record> read = from_json(text);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_GE(read->api_calls.size(), 2U);
  EXPECT_EQ(read->api_calls.front().seq, 0);
  EXPECT_EQ(read->api_calls.back().seq, 127);
  EXPECT_EQ(read->dropped.api_calls + static_cast<std::int64_t>(read->api_calls.size()), 128);
}

TEST(JsonForm, AWorstCaseRecordStillFits) {
  Record record;
  record.tool_call_id = "x";
  record.error = std::string(kMaxErrorBytes, '\x01');  // six bytes each when written
  for (std::size_t i = 0; i < 28; ++i) {
    if (!record.metadata) record.metadata.emplace();
    record.metadata->further.emplace_back(std::to_string(i),
                                          std::string(kMaxMetadataBytes, '\x01'));
  }
  record.messages.assign(kMaxMessages, std::string(kMaxMessageBytes, '\x01'));
  record.warnings.assign(kMaxWarnings, std::string(kMaxWarningBytes, '\x01'));
  EXPECT_LE(to_bounded_json(record).size(), kMaxRecordBytes);
}

TEST(IsoTime, ReadsWhatTheClockWrites) {
  for (const EpochMs time : {EpochMs{0}, EpochMs{1763624189123}, EpochMs{4102444799999}}) {
    EXPECT_EQ(from_iso8601(to_iso8601(time)), time);
  }
  EXPECT_EQ(from_iso8601("2025-11-20T07:36:29Z"), 1763624189000);
  EXPECT_EQ(from_iso8601("2025-11-20T07:36:29.1234567Z"), 1763624189123);
  for (const char* bad :
       {"", "2025-11-20", "2025-11-20T07:36:29.Z", "2025-11-20T24:00:00Z", "2025-13-20T07:36:29Z",
        "2025-11-20T07:36:29.123Zx", "2025-11-20 07:36:29Z"}) {
    EXPECT_FALSE(from_iso8601(bad)) << bad;
  }
}

}  // namespace
}  // namespace larkspur::execlog
