#include "mcp/server/era.h"

#include <algorithm>

#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

bool is_date(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-dd";
  return std::ranges::equal(text, kShape, [](char c, char shape) {
    return shape == 'd' ? c >= '0' && c <= '9' : c == shape;
  });
}

}  // namespace

bool is_modern_version(std::string_view version) {
  return is_date(version) && version >= kModernVersion;
}

bool claims_modern(const json::Value& params) {
  const json::Value meta = params["_meta"];
  return meta[kMetaVersion].exists() || meta[kMetaCapabilities].exists() ||
         meta[kMetaClient].exists();
}

Era era_of(const Message& message, std::string_view version_header) {
  if (claims_modern(message.params)) return Era::kModern;
  // A header alone does not make initialize modern: clients may send it before they have
  // negotiated.
  if (message.method == "initialize") return Era::kLegacy;
  return is_modern_version(version_header) ? Era::kModern : Era::kLegacy;
}

}  // namespace larkspur::mcp::server
