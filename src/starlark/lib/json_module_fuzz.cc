// Any text decodes or is refused; what decodes encodes to text that decodes to the same again.
#include <cstdint>
#include <cstdlib>

#include "starlark/lib/json.h"
#include "starlark/lib/library_for_test.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::starlark;
  Limits limits;
  limits.memory_bytes = 8u << 20;
  LibraryForTest library(limits);
  Value value;
  if (!decode_json(library.context(), {reinterpret_cast<const char*>(data), size}, value)) return 0;
  std::string once, twice;
  if (!encode_json(library.context(), value, once)) return 0;
  if (!decode_json(library.context(), once, value) ||
      !encode_json(library.context(), value, twice)) {
    if (size < 10'000) std::abort();  // no limit was in the way
    return 0;
  }
  if (once != twice) std::abort();
  return 0;
}
