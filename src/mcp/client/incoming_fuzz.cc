// What a server may send us, and everything that we do with a message before a call sees it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mcp/client/host.h"
#include "mcp/client/incoming.h"
#include "mcp/client/list_pages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::mcp;
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto message = read_incoming(text);
  if (!message) return 0;
  if (message->kind == Incoming::Kind::kNotification) {
    Host host({});
    const CallOptions options{.on_notification = [](std::string_view, std::string_view) {}};
    const CallInFlight call{options, nullptr};
    const Host::Route route(host, 1, call);
    host.deliver(*message, &call);
  } else if (message->kind == Incoming::Kind::kResult) {
    result_type(message->result);
    keep_only(text, message->result);
    ListPages("tools/list").add(std::move(text));
  }
  return 0;
}
