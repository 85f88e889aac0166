// A Last-Event-ID that is taken for one of ours is spelled as we spell it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mcp/server/event_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::mcp::server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto id = parse_event_id(text);
  if (id && to_text(*id) != text) std::abort();
  if (size >= 3) {
    const EventId made{data[0], data[1] * 0x0101010101010101U, data[2]};
    if (parse_event_id(to_text(made)) != made) std::abort();
  }
  return 0;
}
