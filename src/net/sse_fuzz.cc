#include <cstdint>
#include <cstdlib>

#include "net/sse.h"

// Whole or byte by byte, the events must be the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::net;
  const std::string text(data, data + size);
  std::vector<SseEvent> whole, single;
  SseParser at_once, by_byte;
  if (!at_once.feed(text, whole)) std::abort();
  for (const char c : text) {
    if (!by_byte.feed({&c, 1}, single)) std::abort();
  }
  if (whole.size() != single.size()) std::abort();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i].data != single[i].data || whole[i].event != single[i].event ||
        whole[i].id != single[i].id || whole[i].retry_ms != single[i].retry_ms) {
      std::abort();
    }
  }
  return 0;
}
