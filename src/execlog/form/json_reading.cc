#include <fmt/format.h>

#include <optional>
#include <utility>
#include <variant>

#include "execlog/form/fields.h"
#include "execlog/form/json_form.h"
#include "execlog/form/object_reader.h"
#include "json/value.h"

namespace larkspur::execlog {

namespace {

// The alternative of ApiCall::Details that belongs to `kind`.
ApiCall::Details details_of(ApiKind kind) {
  switch (kind) {
    case ApiKind::kOpenApi:
      return OpenApiCall{};
    case ApiKind::kPrometheus:
      return PrometheusCall{};
    case ApiKind::kSls:
      return SlsCall{};
    case ApiKind::kKubectl:
      return KubectlCall{};
    case ApiKind::kKubeconfig:
      return KubeconfigCall{};
    case ApiKind::kEndpoint:
      return EndpointCall{};
    case ApiKind::kMcp:
      return McpCall{};
    case ApiKind::kHttp:
      return HttpCall{};
  }
  std::unreachable();
}

ApiCall read_api_call(json::Value value, std::size_t index, std::optional<Error>& problem) {
  ObjectReader in(value, fmt::format("api_calls[{}]", index), problem);
  ApiCall call;
  call.api = in.text("api", kMaxFieldBytes, true);
  call.status = in.word<ApiStatus>("status", true).value_or(ApiStatus::kFailed);
  call.details = details_of(in.word<ApiKind>("kind", true).value_or(ApiKind::kHttp));
  call.seq = in.count("seq");
  call.start_offset_ms = in.count("start_offset_ms");
  call.duration_ms = in.count("duration_ms");
  in("request_id", call.request_id,
     FieldRule{.required = call.kind() == ApiKind::kOpenApi, .nullable = true});
  call.attempts = in.count("attempts", 1);
  call.span_id = in.hex<16>("span_id");
  visit_fields(call, in);
  std::visit([&](auto& details) { visit_fields(details, in); }, call.details);
  if (call.http_status && (*call.http_status < 100 || *call.http_status > 599)) {
    in.complain("http_status", "is not between 100 and 599");
  }
  return call;  // members that nobody asked for are later versions' business
}

MetadataValue scalar(ObjectReader& in, std::string_view name, json::Value value) {
  if (value.is_null()) return nullptr;
  if (value.is_bool()) return value.boolean();
  if (value.integer()) return *value.integer();
  if (value.is_number()) return value.number().value_or(0);
  if (!value.is_string()) in.complain(name, "is neither a text, a number, a boolean nor null");
  if (value.string().size() > kMaxMetadataBytes) in.complain(name, "is too long");
  return std::string(value.string());
}

Metadata read_metadata(json::Value value, std::optional<Error>& problem) {
  ObjectReader in(value, "metadata", problem);
  Metadata metadata;
  metadata.error_type = in.text("error_type", kMaxFieldBytes);
  metadata.error_code = in.text("error_code", kMaxFieldBytes);
  metadata.failure_stage =
      in.word<FailureStage>("failure_stage", true).value_or(FailureStage::kInternal);
  metadata.caused_by = in.texts("caused_by", kMaxListItems, kMaxMessageBytes);
  if (value.size() > kMaxMetadataKeys) in.complain("", "has too many keys");
  in.each_unknown([&](std::string_view name, json::Value member) {
    metadata.further.emplace_back(std::string(name), scalar(in, name, member));
  });
  return metadata;
}

RequestInfo read_request(json::Value value, std::optional<Error>& problem) {
  ObjectReader in(value, "request", problem);
  RequestInfo request;
  const json::Value id = in.take("jsonrpc_id");
  if (id.is_string()) {
    request.jsonrpc_id = std::string(id.string());
  } else if (id.integer()) {
    request.jsonrpc_id = *id.integer();
  } else if (id.exists()) {
    in.complain("jsonrpc_id", "is neither a text nor an integer");
  }
  request.transport = in.word<Transport>("transport");
  visit_fields(request, in);
  in.refuse_unknown();
  return request;
}

Principal read_principal(json::Value value, std::optional<Error>& problem) {
  ObjectReader in(value, "principal", problem);
  Principal principal;
  principal.kind = in.word<PrincipalKind>("kind").value_or(PrincipalKind::kAnonymous);
  visit_fields(principal, in);
  in.refuse_unknown();
  return principal;
}

ResultInfo read_result(json::Value value, std::optional<Error>& problem) {
  ObjectReader in(value, "result", problem);
  ResultInfo result;
  visit_fields(result, in);
  in.refuse_unknown();
  return result;
}

ScriptInfo read_script(json::Value value, std::optional<Error>& problem) {
  ObjectReader in(value, "script", problem);
  ScriptInfo script;
  script.hash = in.text("hash", kMaxFieldBytes, true);
  script.step_count = in.count("step_count", 0, true);
  script.tool_count = in.count("tool_count", 0, true);
  script.parallel_used = in.flag("parallel_used", true);
  script.calls_saved = in.count("calls_saved");
  script.bytes_kept = in.count("bytes_kept");
  visit_fields(script, in);
  in.refuse_unknown();
  return script;
}

Dropped read_dropped(json::Value value, std::optional<Error>& problem) {
  ObjectReader in(value, "dropped", problem);
  Dropped dropped;
  dropped.messages = in.count("messages");
  dropped.api_calls = in.count("api_calls");
  dropped.warnings = in.count("warnings");
  dropped.items = in.count("items");
  dropped.redactions = in.count("redactions");
  dropped.bytes = in.count("bytes");
  dropped.contents = in.count("contents");
  in.refuse_unknown();
  return dropped;
}

void read_nine(ObjectReader& in, Record& record, std::optional<Error>& problem) {
  record.tool_call_id = in.id("tool_call_id", true);
  record.start_time = in.time("start_time", true).value_or(0);
  record.end_time = in.time("end_time");
  if (const json::Value duration = in.take("duration_ms");
      duration.exists() && !duration.is_null()) {
    record.duration_ms = duration.integer();
    if (record.duration_ms.value_or(-1) < 0) in.complain("duration_ms", "is not a count");
  }
  record.messages = in.texts("messages", kMaxMessages, kMaxMessageBytes, true);
  const json::Value calls = in.take("api_calls", true);
  if (calls.exists() && !calls.is_array()) in.complain("api_calls", "is not a list");
  if (calls.size() > kMaxApiCalls) in.complain("api_calls", "has too many items");
  for (const json::Value call : calls.elements()) {
    if (!in.good()) return;
    record.api_calls.push_back(read_api_call(call, record.api_calls.size(), problem));
  }
  record.warnings = in.texts("warnings", kMaxWarnings, kMaxWarningBytes, true);
  if (const json::Value error = in.take("error"); error.exists() && !error.is_null()) {
    if (!error.is_string() || error.string().size() > kMaxErrorBytes) {
      in.complain("error", "is not a text of at most 4096 bytes");
    }
    record.error = std::string(error.string());
  }
  if (const json::Value metadata = in.take("metadata"); metadata.exists() && !metadata.is_null()) {
    record.metadata = read_metadata(metadata, problem);
  }
}

void read_rest(ObjectReader& in, Record& record, std::optional<Error>& problem) {
  if (const json::Value version = in.take("schema_version");
      version.exists() && version.string() != "1.0") {
    in.complain("schema_version", "is not 1.0, the only one that this program reads");
  }
  record.status = in.word<Status>("status").value_or(Status::kRunning);
  record.tool_name = in.text("tool_name", kMaxFieldBytes);
  record.trace_id = in.hex<32>("trace_id");
  record.span_id = in.hex<16>("span_id");
  record.parent_span_id = in.hex<16>("parent_span_id");
  record.parent_id = in.id("parent_id");
  record.place = in.place("place");
  in("ordinal", record.ordinal, kOptional);
  in("completed", record.completed, kOptional);
  const auto part = [&](std::string_view name, auto read) {
    if (const json::Value value = in.take(name); value.exists()) read(value);
  };
  part("script", [&](json::Value value) { record.script = read_script(value, problem); });
  part("request", [&](json::Value value) { record.request = read_request(value, problem); });
  part("principal", [&](json::Value value) { record.principal = read_principal(value, problem); });
  part("result", [&](json::Value value) { record.result = read_result(value, problem); });
  part("dropped", [&](json::Value value) { record.dropped = read_dropped(value, problem); });
}

}  // namespace

bool allows(const FieldRule& rule, std::string_view word) {
  if (rule.words.empty()) return true;
  std::string_view rest = rule.words;
  while (!rest.empty()) {
    const std::size_t space = rest.find(' ');
    if (rest.substr(0, space) == word) return true;
    rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
  }
  return false;
}

Result<Record> from_json(std::string text) {
  Result<json::Document> document = json::Document::parse(std::move(text));
  if (!document) return fail(std::move(document.error()));
  std::optional<Error> problem;
  Record record;
  ObjectReader in(document->root(), "", problem);
  read_nine(in, record, problem);
  read_rest(in, record, problem);
  in.refuse_unknown();
  if (problem) return fail(std::move(*problem));
  return record;
}

}  // namespace larkspur::execlog
