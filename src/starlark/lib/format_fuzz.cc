// A format spec, a %-format and a str.format template, each applied to some values: text or an
// error, within the memory limit.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "starlark/lib/format.h"
#include "starlark/lib/library_for_test.h"
#include "starlark/vm/operations.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::starlark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!larkspur::is_valid_utf8(text)) return 0;
  constexpr const char* kValues[] = {"0",
                                     "-12",
                                     "123456789012345678901234567890",
                                     "2.5",
                                     "1e300",
                                     "\"h\\u00e9llo\"",
                                     "[1,[2]]",
                                     "{\"k\":\"v\"}",
                                     "null",
                                     "[1.5,\"b\",{\"a\":[3]}]"};
  for (const char* json : kValues) {
    Limits limits;
    limits.memory_bytes = 2u << 20;
    limits.steps = 100'000;
    LibraryForTest library(limits);
    Context& context = library.context();
    const Value value = library.json(json);
    StringBuilder out(context);
    append_formatted(out, value, 0, text);
    if (!context.has_failed()) append_formatted(out, value, 'r', text);
    if (context.has_failed()) context.take_error();
    format_percent(context, context.string(text), value);
    if (context.has_failed()) context.take_error();
    library.method(context.string(text), "format", std::string("[") + json + ",7]", R"({"k":"v"})");
    if (context.heap().peak_bytes() > limits.memory_bytes) std::abort();
  }
  return 0;
}
