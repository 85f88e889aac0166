// Any bytes: a program or errors, each with a place, never a crash.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "starlark/starlark.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using larkspur::starlark::Program;
  std::string source(reinterpret_cast<const char*>(data), size);
  const auto program =
      Program::compile(std::move(source), {.predeclared = {"get_issue", "call_tool"}});
  if (program) return 0;
  if (program.error().empty() || program.error().size() > 10) std::abort();
  for (const auto& diagnostic : program.error()) {
    if (diagnostic.message.empty() || diagnostic.location.line == 0) std::abort();
    if (diagnostic.render("f").empty()) std::abort();
  }
  return 0;
}
