#include "mcp/client/http_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "mcp/client/incoming.h"

namespace larkspur::mcp {
namespace {

constexpr std::chrono::milliseconds kDrainTime{1'000};
constexpr std::size_t kDrainBytes = 64 * 1024;

// Most of what announces its length keeps its word; what announces much has to send it.
std::size_t announced(const net::Headers& headers) {
  constexpr std::size_t kAtMost = std::size_t{16} * 1024 * 1024;
  const std::string_view text = headers.get("Content-Length");
  std::size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return std::min(length, kAtMost);
}

std::unexpected<Error> too_long(std::size_t max_bytes) {
  return fail(ErrorCode::kTooLarge, fmt::format("the answer is longer than {} bytes", max_bytes));
}

Async<Result<std::string>> read_to_end(net::HttpBodyStream& body, std::size_t max_bytes) {
  std::string all;
  for (;;) {
    auto piece = co_await body.read_some();
    if (!piece) co_return fail(std::move(piece.error()));
    if (piece->empty()) co_return all;
    if (piece->size() > max_bytes - all.size()) {
      co_return too_long(max_bytes);
    }
    if (all.empty()) {
      all = *std::move(piece);
    } else {
      if (all.capacity() < announced(body.headers())) all.reserve(announced(body.headers()));
      all += *piece;
    }
  }
}

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
      return ErrorCode::kUnauthenticated;
    case 403:
      return ErrorCode::kDenied;
    case 408:
    case 425:
      return ErrorCode::kUnavailable;
    case 413:
      return ErrorCode::kTooLarge;
    case 429:
      return ErrorCode::kLimit;
    default:
      return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kProtocol;
  }
}

std::string_view advice(int status) {
  switch (status) {
    case 401:
      return "; check the credentials in the headers of this server";
    case 403:
      return "; the credentials do not allow this";
    case 404:
    case 405:
      return "; check the path of the URL";
    default:
      return "";
  }
}

}  // namespace

bool has_content_type(const net::Headers& headers, std::string_view type) {
  const std::string_view value = headers.get("Content-Type");
  return equals_ignore_case(trim(value.substr(0, value.find(';'))), type);
}

Async<Result<std::string>> read_body(net::HttpBodyStream& body, std::size_t max_bytes,
                                     SteadyClock::time_point deadline) {
  if (auto all = body.take_if_complete()) {
    if (all->size() > max_bytes) co_return too_long(max_bytes);
    co_return *std::move(all);
  }
  body.set_deadline(deadline);
  co_return co_await read_to_end(body, max_bytes);
}

Async<void> drain(std::unique_ptr<net::HttpBodyStream> body) {
  co_await read_body(*body, kDrainBytes, SteadyClock::now() + kDrainTime);
}

Error status_error(int status, const net::Headers& headers, std::string_view place,
                   std::string_view body) {
  if (status >= 300 && status < 400) {
    return {ErrorCode::kProtocol,
            fmt::format("{} redirects (HTTP {}) to {}; redirects are not followed, name that URL",
                        place, status, quoted(headers.get("Location")))};
  }
  std::string message = fmt::format("{} answered HTTP {}{}", place, status, advice(status));
  if (!body.empty()) message += ": " + quoted(body, 200);
  return {code_of(status), std::move(message)};
}

}  // namespace larkspur::mcp
