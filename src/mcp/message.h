// JSON-RPC 2.0 messages as MCP narrows them: one message a text, no batches, ids are strings or
// integers (mcp 2025-11-25 and 2026-07-28, basic).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "json/value.h"
#include "mcp/protocol.h"

namespace larkspur::mcp {

// One message that somebody looks into. Owns its text; `params` points into it.
struct Message {
  enum class Kind : unsigned char { kRequest, kNotification, kResponse };

  Kind kind = Kind::kNotification;
  // The raw id with its JSON type, 7 or "abc"; "" on notifications and on responses without one.
  // Strings are spelled in one way, so ids that are equal compare equal as text.
  std::string id;
  std::string method;  // unescaped; "" on responses
  json::Document document;
  json::Value params;  // absent, or an object

  bool is_request() const { return kind == Kind::kRequest; }
};

struct MessageError {
  RpcError error;
  std::string id;  // as in Message where it could be read, else "null"
};

// kParseError when the text is not strict JSON, kInvalidRequest when it is not one message; the
// error says which rule was broken and where.
std::expected<Message, MessageError> parse_message(std::string text);

// The id as Message::id has it; "" when `id` is neither a string nor an integer.
std::string canonical_id(const json::Value& id);

// Messages to send. Ids, results and params are raw JSON and are spliced in as they are.
std::string result_message(std::string_view id, std::string_view result);
std::string error_message(std::string_view id, const RpcError& error);
std::string notification_message(std::string_view method, std::string_view params);  // "" for none

// The text on one line: framing on stdio and in SSE forbids newlines, and raw JSON from elsewhere
// may be laid out over several. In JSON a newline is always white space between words.
std::string on_one_line(std::string text);

}  // namespace larkspur::mcp
