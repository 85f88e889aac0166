#include "call/output.h"

#include "json/scan.h"

namespace larkspur::call {

namespace {

constexpr std::string_view kErrorSchema =
    R"({"type":"object","description":"Why the call failed; absent when it did not.","properties":{"type":{"type":"string"},"message":{"type":"string"}},"required":["type","message"]})";

void write_text(json::Writer& out, std::string_view text) {
  out.begin_object().key("type").string("text").key("text").string(text).end_object();
}

}  // namespace

Output& Output::text(std::string_view text) {
  if (!has_text_) content_.begin_array();
  has_text_ = true;
  write_text(content_, text);
  return *this;
}

Output& Output::error(const OutputError& error) {
  data_.key("error").begin_object();
  data_.key("type").string(error.type).key("message").string(error.message).end_object();
  if (!has_text_) text(error.message);
  return failed();
}

Output& Output::failed() {
  is_error_ = true;
  return *this;
}

CallResult Output::take() {
  const std::string data = data_.end_object().take();
  if (!has_text_) text(data);
  const std::string content = content_.end_array().take();
  json::Writer out(data.size() + content.size() + 64);
  out.begin_object().key("content").raw(content).key("structuredContent").raw(data);
  if (is_error_) out.key("isError").boolean(true);
  out.end_object();
  return {out.take(), is_error_};
}

std::string output_schema(std::string_view properties) {
  json::Writer out;
  out.begin_object().key("type").string("object").key("properties").begin_object();
  const auto members = json::scan_object(properties);
  for (const json::Member& each : *members) out.key(each.key).raw(each.raw);
  if (json::find_member(*members, "error").empty()) out.key("error").raw(kErrorSchema);
  out.end_object().end_object();
  return out.take();
}

}  // namespace larkspur::call
