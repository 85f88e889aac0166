#include "mcp/client/incoming.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::mcp {
namespace {

std::unexpected<Error> not_rpc(std::string_view what, std::string_view text) {
  return fail(ErrorCode::kProtocol,
              fmt::format("not a JSON-RPC message ({}): {}", what, quoted(text, 120)));
}

bool is_id(std::string_view raw) {
  return !raw.empty() &&
         (raw.front() == '"' || raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9'));
}

Result<RpcError> read_error(std::string_view raw) {
  auto document = json::Document::parse(std::string(raw));
  if (!document) return fail(document.error());
  const json::Value root = document->root();
  const auto code = as_number(root["code"].raw());
  if (!code) return fail(ErrorCode::kProtocol, "error without an integer code");
  const auto narrow =
      *code >= std::numeric_limits<int>::min() && *code <= std::numeric_limits<int>::max();
  return RpcError{narrow ? static_cast<int>(*code) : rpc::kInternalError,
                  std::string(root["message"].string()), std::string(root["data"].raw())};
}

Result<std::string> read_string(std::string_view raw) {
  auto document = json::Document::parse(std::string(raw));
  if (!document) return fail(document.error());
  if (!document->root().is_string()) return fail(ErrorCode::kProtocol, "not a string");
  return std::string(document->root().string());
}

// Nearly every method is spelled without an escape; only the others need a parser.
Result<std::string> read_method(std::string_view raw) {
  if (raw.size() >= 2 && raw.front() == '"' && raw.find('\\') == raw.npos) {
    return std::string(raw.substr(1, raw.size() - 2));
  }
  return read_string(raw);
}

// An answer that is wrong in itself but says which request it is for is that request's answer.
Result<Incoming> broken(Incoming message, std::string_view what, std::string_view text) {
  auto problem = not_rpc(what, text);
  if (!is_id(message.id)) return problem;
  message.kind = Incoming::Kind::kBroken;
  message.problem = std::move(problem.error());
  return message;
}

Result<Incoming> read_response(Incoming message, std::string_view error, std::string_view text) {
  if (!error.empty()) {
    if (!message.result.empty())
      return broken(std::move(message), "result and error at once", text);
    auto read = read_error(error);
    if (!read) return broken(std::move(message), read.error().message, text);
    message.kind = Incoming::Kind::kError;
    message.error = *std::move(read);
    if (!is_id(message.id)) message.id = {};
    return message;
  }
  if (message.result.empty()) {
    return broken(std::move(message), "neither method, result nor error", text);
  }
  if (!is_id(message.id)) return not_rpc("a result without an id", text);
  if (message.result.front() != '{') {
    return broken(std::move(message), "the result is not an object", text);
  }
  message.kind = Incoming::Kind::kResult;
  return message;
}

}  // namespace

std::optional<std::int64_t> as_number(std::string_view raw) {
  const char* const end = raw.data() + raw.size();
  std::int64_t value = 0;
  const auto plain = std::from_chars(raw.data(), end, value);
  if (plain.ec == std::errc() && plain.ptr == end) return value;
  constexpr double kExact = 9'007'199'254'740'992.0;  // 2^53: from here on doubles skip integers
  double spelled = 0;
  const auto other = std::from_chars(raw.data(), end, spelled);
  const bool read = other.ec == std::errc() && other.ptr == end;
  if (!read || !(std::abs(spelled) < kExact)) return std::nullopt;
  value = static_cast<std::int64_t>(spelled);
  if (static_cast<double>(value) != spelled) return std::nullopt;
  return value;
}

Result<Incoming> read_incoming(std::string_view text) {
  const auto members = json::scan_object(text);
  if (!members) return not_rpc(members.error().message, text);
  if (json::find_member(*members, "jsonrpc") != "\"2.0\"")
    return not_rpc("no \"jsonrpc\":\"2.0\"", text);

  Incoming message;
  message.id = json::find_member(*members, "id");
  message.result = json::find_member(*members, "result");
  const std::string_view method = json::find_member(*members, "method");
  if (method.empty()) {
    return read_response(std::move(message), json::find_member(*members, "error"), text);
  }

  auto name = read_method(method);
  if (!name) return not_rpc("the method is not a string", text);
  message.method = *std::move(name);
  message.params = json::find_member(*members, "params");
  if (message.params.empty()) message.params = "{}";
  if (message.params.front() != '{') return not_rpc("params is not an object", text);
  if (message.id.empty()) return message;
  if (!is_id(message.id)) return not_rpc("the id is neither string nor integer", text);
  message.kind = Incoming::Kind::kRequest;
  return message;
}

std::optional<RpcError> error_in(std::string_view text) {
  auto message = read_incoming(text);
  if (!message || message->kind != Incoming::Kind::kError) return std::nullopt;
  return std::move(message->error);
}

Error describe(const RpcError& error) {
  return {ErrorCode::kInvalidArgument, fmt::format("the server answered with JSON-RPC error {}: {}",
                                                   error.code, quoted(error.message))};
}

std::string quoted(std::string_view text, std::size_t max_bytes) {
  const std::string_view cut = truncate_utf8(text, max_bytes);
  return fmt::format("\"{}{}\"", printable(cut), cut.size() < text.size() ? "..." : "");
}

std::string without_member(std::string_view object, std::string_view key) {
  const auto members = json::scan_object(object);
  if (!members || json::find_member(*members, key).empty()) return std::string(object);
  json::Writer out;
  out.begin_object();
  for (const json::Member& member : *members) {
    if (member.key != key) out.key(member.key).raw(member.raw);
  }
  out.end_object();
  return out.take();
}

void keep_only(std::string& text, std::string_view part) {
  const auto begin = static_cast<std::size_t>(part.data() - text.data());
  text.resize(begin + part.size());
  text.erase(0, begin);
}

// A result may be big, and nearly always its type comes first and is "complete": then it is enough
// that the key is spelled once, because inside a JSON string its quotes would be escaped. (memmem,
// since find() stops at every quote.)
std::string result_type(std::string_view result) {
  constexpr std::string_view kKey = "\"resultType\"";
  constexpr std::string_view kComplete = "{\"resultType\":\"complete\"";
  if (result.starts_with(kComplete)) {
    const std::string_view rest = result.substr(kComplete.size());
    if (::memmem(rest.data(), rest.size(), kKey.data(), kKey.size()) == nullptr) return "complete";
  }
  const auto members = json::split_object(result);
  const std::string_view raw = members ? json::find_member(*members, "resultType") : "";
  if (raw.empty()) return "complete";
  return read_string(raw).value_or("");
}

}  // namespace larkspur::mcp
