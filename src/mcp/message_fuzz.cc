// Whatever comes in: a message or an error that names an id, and both can be answered in valid
// JSON.
#include <cstdint>
#include <cstdlib>

#include "json/scan.h"
#include "mcp/message.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur;  // NOLINT: a fuzz target is a program of its own
  const auto message = mcp::parse_message(std::string(reinterpret_cast<const char*>(data), size));
  if (!message) {
    require(json::check(mcp::error_message(message.error().id, message.error().error)).has_value());
    return 0;
  }
  require(message->is_request() == (!message->id.empty() && !message->method.empty()) ||
          message->method.empty());
  if (message->is_request()) {
    const std::string answer = mcp::result_message(message->id, message->document.root().raw());
    require(json::check(mcp::on_one_line(answer)).has_value());
    const auto again = mcp::parse_message(answer);
    require(again && again->id == message->id);
  }
  return 0;
}
