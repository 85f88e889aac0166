// Whatever an endpoint event says, what we POST to is on the server that said it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mcp/client/sse_endpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur;
  static const net::Url stream = *net::Url::parse("https://a.example:8443/b/sse?key=1");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = mcp::resolve_endpoint(stream, text);
  if (!url) return 0;
  if (url->origin() != stream.origin() || !url->target.starts_with('/')) std::abort();
  for (const char c : url->target) {
    if (c <= 0x20 || c >= 0x7F) std::abort();
  }
  // A resolved URL resolves to itself, but for dots that an absolute one keeps.
  const auto again = mcp::resolve_endpoint(stream, url->origin() + url->target);
  if (!again || again->target != url->target) std::abort();
  return 0;
}
