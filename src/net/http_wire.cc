#include "net/http_wire.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <initializer_list>

#include "base/text.h"

namespace larkspur::net {

namespace {

constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> allowed{};
  for (const char c :
       std::string_view("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "!#$%&'*+-.^_`|~")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();

bool is_token_char(char c) {
  return kTokenChars[static_cast<unsigned char>(c)];
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](auto other) {
    return name.size() == other.size() && equals_ignore_case(name, other);
  });
}

// "Date: Fri, 20 Nov 2026 07:36:29 GMT\r\n" (RFC 9110 6.6.1), written once a second.
std::string_view date_field() {
  thread_local std::time_t written = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != written) {
    text = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
    written = now;
  }
  return text;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t before = out.size();
  const std::size_t after = before + name.size() + value.size() + 4;
  // Not the size that the lambda is given: libstdc++ 12 says there how much it has allocated.
  out.resize_and_overwrite(after, [&](char* text, std::size_t) {
    char* at = text + before;
    const auto put = [&at](std::string_view bytes) {
      std::memcpy(at, bytes.data(), bytes.size());
      at += bytes.size();
    };
    put(name);
    put(": ");
    put(value);
    put("\r\n");
    return after;
  });
}

// No control characters. Eight bytes at a time, and a second look only where one may be.
bool is_field_value(std::string_view value) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  std::size_t i = 0;
  for (std::uint64_t word; i + sizeof word <= value.size(); i += sizeof word) {
    std::memcpy(&word, value.data() + i, sizeof word);
    const std::uint64_t deleted = word ^ 0x7F * kOnes;
    // The subtractions can borrow only out of a byte that is a hit itself.
    if ((((word - 0x20 * kOnes) & ~word) | ((deleted - kOnes) & ~deleted)) & kHigh) break;
  }
  return std::ranges::all_of(value.substr(i), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_valid_field(std::string_view name, std::string_view value) {
  return is_token(name) && is_field_value(value);
}

Result<void> append_response_head(std::string& out, int status, const Headers& headers,
                                  Framing framing, std::size_t length, bool keep_alive) {
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  out += "HTTP/1.1 ";
  out += fmt::format_int(status).c_str();
  out += ' ';
  out.append(reason.data(), reason.size()).append("\r\n");
  for (const auto& [name, value] : headers) {
    if (is_one_of(name, {"Content-Length", "Transfer-Encoding", "Connection", "Date"})) continue;
    if (!is_valid_field(name, value)) {
      return fail(ErrorCode::kInternal,
                  fmt::format("the answer's header field '{}' is not valid", printable(name)));
    }
    append_field(out, name, value);
  }
  out += date_field();
  if (!keep_alive) out += "Connection: close\r\n";
  if (framing == Framing::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (framing == Framing::kLength && status != 204 && status != 304) {
    append_field(out, "Content-Length", fmt::format_int(length).c_str());
  }
  out += "\r\n";
  return {};
}

Result<void> append_request_head(std::string& out, const HttpRequest& request,
                                 std::string_view host) {
  const bool target_ok =
      request.target.starts_with('/') &&
      std::ranges::all_of(request.target, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!is_token(request.method) || !target_ok) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{} {}' is not a request line; a target starts with / and has no "
                            "blanks or control characters",
                            printable(request.method), printable(request.target)));
  }
  out.reserve(512);
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  append_field(out, "Host", host);
  for (const auto& [name, value] : request.headers) {
    if (is_one_of(name, {"Host", "Content-Length", "Transfer-Encoding"})) continue;
    if (!is_valid_field(name, value)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the value or the name of header field '{}' has characters that "
                              "HTTP does not allow there",
                              printable(name)));
    }
    append_field(out, name, value);
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "DELETE")) {
    append_field(out, "Content-Length", fmt::format_int(request.body.size()).c_str());
  }
  out += "\r\n";
  return {};
}

}  // namespace larkspur::net
