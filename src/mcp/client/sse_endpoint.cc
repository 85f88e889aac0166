#include "mcp/client/sse_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "mcp/client/incoming.h"

namespace larkspur::mcp {
namespace {

// RFC 3986 section 5.2.4, for a path that begins with a slash.
std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool last = end == path.size();
    if (segment == "/..") out.resize(std::min(out.rfind('/'), out.size()));
    if (segment != "/." && segment != "/..") {
      out += segment;
    } else if (last) {
      out += '/';
    }
    path.remove_prefix(end);
  }
  return out;
}

// Path and query of `reference`, which names no origin.
std::string resolve_target(std::string_view base, std::string_view reference) {
  const std::string_view base_path = base.substr(0, base.find('?'));
  if (reference.empty()) return std::string(base);
  if (reference.front() == '?') return fmt::format("{}{}", base_path, reference);
  const std::size_t query = std::min(reference.find('?'), reference.size());
  std::string path(reference.substr(0, query));
  if (path.front() != '/') path.insert(0, base_path.substr(0, base_path.rfind('/') + 1));
  return without_dots(path) += reference.substr(query);
}

bool has_scheme(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  return colon < reference.find_first_of("/?");
}

}  // namespace

Result<net::Url> resolve_endpoint(const net::Url& stream, std::string_view reference) {
  reference = trim(reference);
  reference = reference.substr(0, reference.find('#'));
  std::string text;
  if (has_scheme(reference)) {
    text = reference;
  } else if (reference.starts_with("//")) {
    text = fmt::format("{}:{}", stream.tls ? "https" : "http", reference);
  } else {
    text = stream.origin() + resolve_target(stream.target, reference);
  }
  auto url = net::Url::parse(text);
  if (!url) {
    return fail(ErrorCode::kProtocol,
                fmt::format("its endpoint event names no URL: {}", quoted(reference, 100)));
  }
  if (url->origin() != stream.origin()) {
    return fail(ErrorCode::kProtocol,
                fmt::format("its endpoint event leads to another origin, {}; that is not followed",
                            url->origin()));
  }
  return url;
}

}  // namespace larkspur::mcp
