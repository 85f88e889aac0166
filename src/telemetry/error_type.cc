#include "telemetry/error_type.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "base/result.h"
#include "telemetry/names.h"

namespace larkspur::telemetry {

namespace {

// JSON-RPC 2.0 section 5.1, with the range that it leaves to implementations (MCP's codes are
// there).
bool is_defined_code(int code) {
  return code == -32700 || (code >= -32603 && code <= -32600) || (code >= -32099 && code <= -32000);
}

}  // namespace

std::string error_type(const call::CallReply& reply) {
  if (reply) return reply->is_error ? "tool_error" : "";
  const call::CallError& error = reply.error();
  if (error.rpc_code == 0) return std::string(to_string(error.code));
  return is_defined_code(error.rpc_code) ? std::to_string(error.rpc_code) : std::string(kOther);
}

std::string error_type(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted ? "cancelled" : "internal";
  } catch (...) {
    return "internal";
  }
}

}  // namespace larkspur::telemetry
