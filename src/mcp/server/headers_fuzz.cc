// Headers of MCP requests: "name: value" lines, a blank line, and the body that they have to fit.
// What passes says the same as the body, and every text survives the way through a header.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "mcp/client/outgoing.h"
#include "mcp/server/era.h"
#include "mcp/server/headers.h"
#include "mcp/server/names.h"
#include "mcp/server/origin.h"

namespace {

using namespace larkspur;       // NOLINT: a fuzz target is a program of its own
using namespace larkspur::mcp;  // NOLINT
namespace server = larkspur::mcp::server;

void require(bool condition) {
  if (!condition) std::abort();
}

// Takes a line off the front of `text`.
std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

void check_round_trip(std::string_view text) {
  const std::string value = header_value(text);
  require(std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; }));
  require(!value.starts_with(' ') && !value.ends_with(' '));
  require(server::decode_header_value(value) == text);
}

// The headers that we make of any arguments are the ones that we ask for.
void check_params(const json::Value& arguments) {
  static const auto wanted = read_param_headers(
      R"({"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},)"
      R"("n":{"type":"integer","x-mcp-header":"N"},"o":{"type":"object","properties":)"
      R"({"b":{"type":"boolean","x-mcp-header":"B"}}}}}})");
  require(wanted.has_value() && wanted->size() == 3);
  const net::Headers made = param_headers(*wanted, arguments.raw());
  for (const auto& [name, value] : made)
    require(std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; }));
  require(!server::mismatched_param(made, *wanted, arguments));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check_round_trip(text);
  net::Headers headers;
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
  }
  server::accepts(headers, server::kJson);
  server::accepts(headers, server::kEventStream);
  server::has_json_content(headers);
  server::refuse_origin(headers, {.allowed_hosts = {"gateway.example"}});
  const auto message = parse_message(std::string(text));
  if (!message || !message->is_request()) return 0;
  if (message->params["arguments"].is_object()) check_params(message->params["arguments"]);
  const bool modern = server::era_of(*message, headers.get(server::kVersionHeader)) == Era::kModern;
  require(modern || !server::claims_modern(message->params));
  if (!message->params["_meta"][server::kMetaVersion].is_string()) return 0;
  if (server::missing_header(headers, *message) || server::mismatched_header(headers, *message))
    return 0;
  require(headers.get(server::kMethodHeader) == message->method);
  if (message->method != "tools/call" || !message->params["name"].exists()) return 0;
  const auto name = server::decode_header_value(headers.get(server::kNameHeader));
  require(name && *name == message->params["name"].string());
  return 0;
}
