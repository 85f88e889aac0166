// The messages that we send, spliced from text: nothing of the caller's params is parsed or
// rebuilt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mcp/protocol.h"

namespace larkspur::mcp {

struct RequestText {
  Era era;
  std::int64_t id;
  std::string_view method;
  std::string_view params;  // a raw object, or ""
  std::string_view meta;    // a raw object, or ""
  bool wants_progress;
  std::string_view client_capabilities = {};  // modern: a raw object, "" for none
  std::string_view log_level = {};            // modern: "info", "" for no log messages
};

// Per-request metadata of the modern era (mcp 2026-07-28 basic, _meta), made once for each client.
class Stamp {
 public:
  // `capabilities`, a raw object, is what initialize declares.
  explicit Stamp(const Implementation& client, std::string_view capabilities = "{}");

  // {"protocolVersion":...,"capabilities":...,"clientInfo":...}
  const std::string& initialize_params() const { return initialize_params_; }

  // Appends the _meta object of one request to `out`, with a leading `"_meta":`; nothing when the
  // era demands none and there is nothing to say. Of the request's own meta every member is kept
  // that is not ours to write. The progress token is the request's id. False when meta is not an
  // object.
  bool append_meta(const RequestText& request, std::string& out) const;

 private:
  std::string client_info_;
  std::string initialize_params_;
};

// "" when params or meta is not an object.
std::string request_text(const Stamp& stamp, const RequestText& request);

std::string cancelled_text(std::int64_t request_id, std::string_view reason);

// The answer to a request of the server's.
std::string reply_text(std::string_view raw_id, const RpcResult& result);

// A value for the header Mcp-Name: as it is where plain ASCII carries it, else =?base64?...?=
// (mcp 2026-07-28 streamable HTTP).
std::string header_value(std::string_view text);

}  // namespace larkspur::mcp
