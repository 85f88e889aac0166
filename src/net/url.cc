#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "net/http_client.h"

namespace larkspur::net {

namespace {

constexpr std::size_t kMaxUrlBytes = 16 * 1024;

std::unexpected<Error> bad_url(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' {}", printable(truncate_utf8(text, 200)), why));
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
  if (text.empty() || text.size() > kMaxUrlBytes || !plain) {
    return bad_url(text,
                   "is not a URL: it is empty, too long, or has blanks or characters that "
                   "must be percent-encoded");
  }
  Url url;
  const std::size_t colon = text.find("://");
  const std::string scheme = to_lower(text.substr(0, std::min(colon, text.size())));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return bad_url(text, "does not start with http:// or https://");
  }
  url.tls = scheme == "https";
  url.port = url.tls ? "443" : "80";
  if (text.contains('#')) return bad_url(text, "has a fragment (#...); remove it");

  const std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  if (end < rest.size())
    url.target =
        rest[end] == '?' ? fmt::format("/{}", rest.substr(end)) : std::string(rest.substr(end));
  if (authority.contains('@')) {
    // The text itself is not repeated: what stands before the @ is a secret.
    return fail(ErrorCode::kInvalidArgument,
                "the URL has a user name or password in it; send credentials in a header");
  }

  const bool bracketed = authority.starts_with('[');
  const std::size_t host_end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos) return bad_url(text, "has a [ without a ]");
  url.host = to_lower(authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0)));
  const bool host_ok =
      bracketed ? url.host.contains(':') &&
                      url.host.find_first_not_of("0123456789abcdef:.") == std::string::npos
                : !url.host.empty() && std::ranges::all_of(url.host, is_host_char);
  if (!host_ok) return bad_url(text, "has no valid host");

  authority.remove_prefix(host_end + (bracketed ? 1 : 0));
  if (authority.empty()) return url;
  if (!authority.starts_with(':') || !is_port(authority.substr(1))) {
    return bad_url(text, "has no valid port (1 to 65535)");
  }
  url.port = authority.substr(1);
  return url;
}

namespace {

void append_host(std::string& out, const std::string& host) {
  const bool v6 = host.contains(':');
  if (v6) out += '[';
  out += host;
  if (v6) out += ']';
}

}  // namespace

// Every request asks for these: no formatting.
std::string Url::origin() const {
  std::string out = tls ? "https://" : "http://";
  append_host(out, host);
  return (out += ':') += port;
}

std::string Url::host_header() const {
  std::string out;
  append_host(out, host);
  if (port != (tls ? "443" : "80")) (out += ':') += port;
  return out;
}

}  // namespace larkspur::net
