#include "mcp/message.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"
#include "net/sse.h"

namespace larkspur::mcp {

namespace {

constexpr std::string_view kNoId = "null";

std::unexpected<MessageError> invalid(std::string_view id, std::string message) {
  return std::unexpected(MessageError{.error = {.code = rpc::kInvalidRequest,
                                                .message = "Invalid request: " + std::move(message),
                                                .data = {}},
                                      .id = std::string(id.empty() ? kNoId : id)});
}

// What breaks the rules for the members that every message has, or "".
std::string_view broken_rule(const json::Value& root, std::string_view id) {
  if (root["jsonrpc"].string() != "2.0") return "\"jsonrpc\" must be \"2.0\"";
  const bool null_id_of_error = root["id"].is_null() && root["error"].exists();
  if (root["id"].exists() && id.empty() && !null_id_of_error) {
    return "\"id\" must be a string or an integer";
  }
  return {};
}

std::expected<Message, MessageError> read_call(Message message, const json::Value& root) {
  if (!root["method"].is_string()) return invalid(message.id, "\"method\" must be a string");
  if (root["result"].exists() || root["error"].exists()) {
    return invalid(message.id, "a message with \"method\" has neither \"result\" nor \"error\"");
  }
  message.params = root["params"];
  if (message.params.exists() && !message.params.is_object()) {
    return invalid(message.id, "\"params\" must be an object");
  }
  message.method = root["method"].string();
  message.kind = message.id.empty() ? Message::Kind::kNotification : Message::Kind::kRequest;
  return message;
}

std::expected<Message, MessageError> read_response(Message message, const json::Value& root) {
  const bool has_result = root["result"].exists();
  const bool has_error = root["error"].exists();
  if (!has_result && !has_error) {
    return invalid(message.id, "\"method\", \"result\" or \"error\" is missing");
  }
  if (has_result && has_error) {
    return invalid(message.id, "a response has either \"result\" or \"error\", not both");
  }
  if (has_result && message.id.empty()) return invalid({}, "a result needs an \"id\"");
  message.kind = Message::Kind::kResponse;
  return message;
}

void begin_message(std::string& out, std::size_t payload) {
  out.reserve(payload + 64);
  out += R"({"jsonrpc":"2.0")";
}

}  // namespace

std::expected<Message, MessageError> parse_message(std::string text) {
  auto document = json::Document::parse(std::move(text));
  if (!document) {
    return std::unexpected(
        MessageError{.error = {.code = rpc::kParseError,
                               .message = "Parse error: " + document.error().message,
                               .data = {}},
                     .id = std::string(kNoId)});
  }
  const json::Value root = document->root();
  if (root.is_array()) return invalid({}, "batches are not supported; send one message at a time");
  if (!root.is_object()) return invalid({}, "a message is a JSON object");

  Message message;
  message.document = *std::move(document);
  message.id = canonical_id(root["id"]);
  if (const std::string_view rule = broken_rule(root, message.id); !rule.empty()) {
    return invalid(message.id, std::string(rule));
  }
  return root["method"].exists() ? read_call(std::move(message), root)
                                 : read_response(std::move(message), root);
}

std::string canonical_id(const json::Value& id) {
  if (id.is_string()) return json::quote(id.string());
  const std::string_view raw = id.raw();
  const bool integer = id.is_number() && raw.find_first_of(".eE") == raw.npos;
  return integer ? std::string(raw) : std::string();
}

std::string result_message(std::string_view id, std::string_view result) {
  std::string out;
  begin_message(out, id.size() + result.size());
  out.append(R"(,"id":)").append(id).append(R"(,"result":)").append(result) += '}';
  return out;
}

std::string error_message(std::string_view id, const RpcError& error) {
  json::Writer body;
  body.begin_object().key("code").integer(error.code).key("message").string(error.message);
  if (!error.data.empty()) body.key("data").raw(error.data);
  body.end_object();
  std::string out;
  begin_message(out, id.size() + body.text().size());
  out.append(R"(,"id":)").append(id).append(R"(,"error":)").append(body.text()) += '}';
  return out;
}

std::string notification_message(std::string_view method, std::string_view params) {
  std::string out;
  begin_message(out, method.size() + params.size());
  out.append(R"(,"method":)").append(json::quote(method));
  if (!params.empty()) out.append(R"(,"params":)").append(params);
  out += '}';
  return out;
}

std::string on_one_line(std::string text) {
  if (net::find_line_end(text) != text.npos) {
    std::ranges::replace_if(text, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  }
  return text;
}

}  // namespace larkspur::mcp
