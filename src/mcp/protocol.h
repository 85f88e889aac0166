// The words of MCP that both directions share: the two eras, error codes, request facts.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace larkspur::mcp {

// "legacy": 2025-11-25 and older, with initialize and sessions. "modern": 2026-07-28 and later,
// stateless.
enum class Era : unsigned char { kLegacy, kModern };

inline constexpr std::string_view kLegacyVersion = "2025-11-25";
inline constexpr std::string_view kModernVersion = "2026-07-28";
// What initialize accepts as it is; anything else is answered with kLegacyVersion.
inline constexpr std::array<std::string_view, 4> kLegacyVersions = {"2025-11-25", "2025-06-18",
                                                                    "2025-03-26", "2024-11-05"};
inline constexpr std::array<std::string_view, 1> kModernVersions = {"2026-07-28"};

// JSON-RPC and MCP error codes (mcp 2026-07-28 basic; JSON-RPC 2.0 section 5.1).
namespace rpc {
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kServerError = -32000;      // legacy, de facto: bad request, no session
inline constexpr int kSessionNotFound = -32001;  // legacy, de facto
inline constexpr int kHeaderMismatch = -32020;   // modern
inline constexpr int kMissingClientCapability = -32021;  // modern
inline constexpr int kUnsupportedVersion = -32022;       // modern
}  // namespace rpc

struct RpcError {
  int code = rpc::kInternalError;
  std::string message;
  std::string data;  // a raw JSON value, or ""
};

// The raw JSON of a result object, or an error.
using RpcResult = std::expected<std::string, RpcError>;

inline std::unexpected<RpcError> rpc_fail(int code, std::string message, std::string data = {}) {
  return std::unexpected(RpcError{code, std::move(message), std::move(data)});
}

struct Implementation {
  std::string name;
  std::string version;
};

}  // namespace larkspur::mcp
