#include <cstddef>
#include <type_traits>
#include <variant>

#include "execlog/form/fields.h"
#include "execlog/form/json_form.h"
#include "json/writer.h"

namespace larkspur::execlog {

namespace {

// Writes one member for each field that is not empty, or that its rule demands.
class FieldWriter {
 public:
  FieldWriter(json::Writer& out, View view) : out_(out), view_(view) {}

  void operator()(std::string_view name, const std::string& value, const FieldRule& rule) {
    if (!wanted(value.empty(), rule)) return;
    out_.key(name).string(value.empty() && !rule.words.empty() ? first_word(rule) : value);
  }
  void operator()(std::string_view name, const Int& value, const FieldRule& rule) {
    if (!wanted(!value, rule)) return;
    out_.key(name);
    value ? out_.integer(*value) : out_.null();
  }
  void operator()(std::string_view name, const Flag& value, const FieldRule& rule) {
    if (!wanted(!value, rule)) return;
    out_.key(name).boolean(value.value_or(false));
  }
  void operator()(std::string_view name, const std::vector<std::string>& value,
                  const FieldRule& rule) {
    if (!wanted(value.empty(), rule)) return;
    out_.key(name).begin_array();
    for (const std::string& item : value) out_.string(item);
    out_.end_array();
  }

 private:
  bool wanted(bool empty, const FieldRule& rule) const {
    return rule.required || (!empty && (rule.shown || view_ == View::kAudit));
  }
  static std::string_view first_word(const FieldRule& rule) {
    return rule.words.substr(0, rule.words.find(' '));
  }

  json::Writer& out_;
  View view_;
};

void write_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.key(name).begin_array();
  for (const std::string& text : texts) out.string(text);
  out.end_array();
}

void write_api_call(json::Writer& out, const ApiCall& call, View view) {
  const bool audit = view == View::kAudit;
  out.begin_object();
  out.key("api").string(call.api);
  out.key("status").string(to_string(call.status));
  out.key("kind").string(to_string(call.kind()));
  if (audit) {
    out.key("seq").integer(call.seq);
    out.key("start_offset_ms").integer(call.start_offset_ms);
  }
  out.key("duration_ms").integer(call.duration_ms);
  if (!call.request_id.empty()) {
    out.key("request_id").string(call.request_id);
  } else if (call.kind() == ApiKind::kOpenApi) {
    out.key("request_id").null();
  }
  if (call.attempts > 1) out.key("attempts").integer(call.attempts);
  if (audit && !call.span_id.empty()) out.key("span_id").string(call.span_id.view());
  // What went wrong is essential to the caller too.
  const View common = call.status == ApiStatus::kSuccess ? view : View::kAudit;
  visit_fields(call, FieldWriter(out, common));
  std::visit([&](const auto& details) { visit_fields(details, FieldWriter(out, view)); },
             call.details);
  out.end_object();
}

void write_metadata(json::Writer& out, const Metadata& metadata) {
  out.begin_object();
  out.key("error_type").string(metadata.error_type);
  out.key("error_code").string(metadata.error_code);
  out.key("failure_stage").string(to_string(metadata.failure_stage));
  for (const auto& [name, value] : metadata.further) {
    out.key(name);
    std::visit(
        [&]<class T>(const T& v) {
          if constexpr (std::is_same_v<T, std::nullptr_t>) out.null();
          if constexpr (std::is_same_v<T, bool>) out.boolean(v);
          if constexpr (std::is_same_v<T, std::int64_t>) out.integer(v);
          if constexpr (std::is_same_v<T, double>) out.number(v);
          if constexpr (std::is_same_v<T, std::string>) out.string(v);
        },
        value);
  }
  if (!metadata.caused_by.empty()) write_texts(out, "caused_by", metadata.caused_by);
  out.end_object();
}

// The nine fields of the requirement, in its order.
void write_nine(json::Writer& out, const Record& record, View view) {
  out.key("tool_call_id").string(record.tool_call_id);
  out.key("start_time").string(to_iso8601(record.start_time));
  out.key("end_time");
  record.end_time ? out.string(to_iso8601(*record.end_time)) : out.null();
  out.key("duration_ms");
  record.duration_ms ? out.integer(*record.duration_ms) : out.null();
  write_texts(out, "messages", record.messages);
  out.key("api_calls").begin_array();
  for (const ApiCall& call : record.api_calls) write_api_call(out, call, view);
  out.end_array();
  write_texts(out, "warnings", record.warnings);
  out.key("error");
  record.error ? out.string(*record.error) : out.null();
  out.key("metadata");
  record.metadata ? write_metadata(out, *record.metadata) : static_cast<void>(out.null());
}

void write_request(json::Writer& out, const RequestInfo& request) {
  out.key("request").begin_object();
  if (const auto* number = std::get_if<std::int64_t>(&request.jsonrpc_id)) {
    out.key("jsonrpc_id").integer(*number);
  } else if (const auto* text = std::get_if<std::string>(&request.jsonrpc_id)) {
    out.key("jsonrpc_id").string(*text);
  }
  if (request.transport) out.key("transport").string(to_string(*request.transport));
  visit_fields(request, FieldWriter(out, View::kAudit));
  out.end_object();
}

void write_script(json::Writer& out, const ScriptInfo& script) {
  out.key("script").begin_object();
  out.key("hash").string(script.hash);
  out.key("step_count").integer(script.step_count);
  out.key("tool_count").integer(script.tool_count);
  out.key("parallel_used").boolean(script.parallel_used);
  if (script.calls_saved > 0) out.key("calls_saved").integer(script.calls_saved);
  if (script.bytes_kept > 0) out.key("bytes_kept").integer(script.bytes_kept);
  visit_fields(script, FieldWriter(out, View::kAudit));
  out.end_object();
}

void write_dropped(json::Writer& out, const Dropped& dropped) {
  if (dropped == Dropped{}) return;
  out.key("dropped").begin_object();
  const auto count = [&](std::string_view name, std::int64_t value) {
    if (value != 0) out.key(name).integer(value);
  };
  count("messages", dropped.messages);
  count("api_calls", dropped.api_calls);
  count("warnings", dropped.warnings);
  count("items", dropped.items);
  count("redactions", dropped.redactions);
  count("bytes", dropped.bytes);
  count("contents", dropped.contents);
  out.end_object();
}

void write_rest(json::Writer& out, const Record& record) {
  out.key("schema_version").string("1.0");
  out.key("status").string(to_string(record.status));
  out.key("tool_name").string(record.tool_name);
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.key(name).string(value);
  };
  text("trace_id", record.trace_id.view());
  text("span_id", record.span_id.view());
  text("parent_span_id", record.parent_span_id.view());
  text("parent_id", record.parent_id);
  text("place", record.place);
  if (record.ordinal) out.key("ordinal").integer(*record.ordinal);
  if (record.completed) out.key("completed").integer(*record.completed);
  if (record.script) write_script(out, *record.script);
  write_request(out, record.request);
  if (record.principal) {
    out.key("principal").begin_object();
    out.key("kind").string(to_string(record.principal->kind));
    visit_fields(*record.principal, FieldWriter(out, View::kAudit));
    out.end_object();
  }
  out.key("result").begin_object();
  visit_fields(record.result, FieldWriter(out, View::kAudit));
  out.end_object();
  write_dropped(out, record.dropped);
}

// Drops half of the api_calls, or where there are none left the messages, the warnings, the context
// of the failure; what goes is counted. False when there is nothing left to drop.
bool shorten(Record& record) {
  if (!record.api_calls.empty()) {
    const std::size_t keep = record.api_calls.size() / 2;  // the first and the last of them
    const auto first = record.api_calls.begin() + static_cast<std::ptrdiff_t>(keep - keep / 2);
    const auto last = record.api_calls.end() - static_cast<std::ptrdiff_t>(keep / 2);
    record.dropped.api_calls += last - first;
    record.api_calls.erase(first, last);
  } else if (!record.messages.empty()) {
    record.dropped.messages += static_cast<std::int64_t>(record.messages.size());
    record.messages.clear();
  } else if (!record.warnings.empty()) {
    record.dropped.warnings += static_cast<std::int64_t>(record.warnings.size());
    record.warnings.clear();
  } else if (record.metadata &&
             !(record.metadata->further.empty() && record.metadata->caused_by.empty())) {
    record.dropped.items += static_cast<std::int64_t>(record.metadata->further.size() +
                                                      record.metadata->caused_by.size());
    record.metadata->further.clear();
    record.metadata->caused_by.clear();
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string to_json(const Record& record, View view) {
  constexpr std::size_t kUsualBytes = 1536;
  json::Writer out(kUsualBytes);
  out.begin_object();
  write_nine(out, record, view);
  if (view == View::kAudit) write_rest(out, record);
  out.end_object();
  return out.take();
}

std::string to_bounded_json(Record& record) {
  constexpr std::size_t kRoomForCount = 32;  // dropped.bytes itself, written at the end
  std::string text = to_json(record, View::kAudit);
  if (text.size() <= kMaxRecordBytes) return text;
  const std::size_t full = text.size();
  while (text.size() + kRoomForCount > kMaxRecordBytes && shorten(record)) {
    text = to_json(record, View::kAudit);
  }
  record.dropped.bytes += static_cast<std::int64_t>(full - text.size());
  return to_json(record, View::kAudit);
}

}  // namespace larkspur::execlog
