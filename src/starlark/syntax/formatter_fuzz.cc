// What parses is formatted; formatting a second time changes nothing.
#include <cstdint>
#include <cstdlib>

#include "starlark/formatter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::starlark;
  const auto once = format_source(std::string(reinterpret_cast<const char*>(data), size), "f");
  if (!once) return 0;
  const auto twice = format_source(*once, "f");
  if (!twice || *twice != *once) std::abort();
  return 0;
}
