// One JSON-RPC message from a server: told apart and checked, its payload left as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mcp/protocol.h"

namespace larkspur::mcp {

// The views point into the text that was read.
struct Incoming {
  // kBroken: an answer to the request `id` that the protocol forbids; its caller must not wait on.
  enum class Kind : unsigned char { kResult, kError, kBroken, kRequest, kNotification };
  Kind kind = Kind::kNotification;
  std::string_view id;      // raw: 7 or "abc"; "" on notifications and where an error names none
  std::string method;       // requests and notifications
  std::string_view params;  // raw object, "{}" when absent
  std::string_view result;  // raw object
  RpcError error;
  Error problem;  // kBroken
};

// Our own ids and progress tokens are integers, which some servers give back in another spelling: 7
// for 7, 7.0 and 70e-1 (raw JSON), nullopt for anything else.
std::optional<std::int64_t> as_number(std::string_view raw);

// kProtocol, naming what is wrong, when `text` is not one JSON-RPC 2.0 message.
Result<Incoming> read_incoming(std::string_view text);

// The JSON-RPC error that `text` is; nullopt when it is anything else.
std::optional<RpcError> error_in(std::string_view text);

// What the call gets for a JSON-RPC error.
Error describe(const RpcError& error);

// Text from a server, fit for a message to people: printable, quoted, cut.
std::string quoted(std::string_view text, std::size_t max_bytes = 300);

// The same object without its member `key`.
std::string without_member(std::string_view object, std::string_view key);

// Cuts `text` down to `part`, which lies inside it, without a second copy of what may be big.
void keep_only(std::string& text, std::string_view part);

// The resultType of a modern result: "complete" where there is none.
std::string result_type(std::string_view result);

}  // namespace larkspur::mcp
