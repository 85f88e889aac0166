// A script and its modules, cut at lines of "---": the first is the script, the others are "1",
// "2", ... Run in both dialects; what strings hold need not be UTF-8 in the strict one.
#include <cstdint>
#include <cstdlib>

#include "starlark/starlark.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::starlark;
  std::vector<std::string> files(1);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (std::size_t cut; (cut = rest.find("\n---\n")) != std::string_view::npos;) {
    files.back() = rest.substr(0, cut + 1);
    files.emplace_back();
    rest.remove_prefix(cut + 5);
  }
  files.back() = rest;

  for (const bool strict : {false, true}) {
    CompileOptions options;
    if (strict) options.dialect = Dialect::starlark_go();
    options.dialect.global_reassign = options.dialect.top_level_control = true;
    options.testing = strict;
    options.loader = [&](std::string_view name) -> std::expected<std::string, std::string> {
      const auto number = static_cast<std::size_t>(std::atoi(std::string(name).c_str()));
      if (number == 0 || number >= files.size()) return std::unexpected("there is none");
      return files[number];
    };
    const auto program = Program::compile(files[0], options);
    if (!program) {
      for (const Diagnostic& each : program.error()) each.render("script");
      continue;
    }
    Limits limits;
    limits.steps = 200'000;
    limits.memory_bytes = 2u << 20;
    limits.depth = 60;
    limits.print_bytes = 1'000;
    limits.output_bytes = 10'000;
    Machine machine(*program, limits, {});
    State state = machine.run();
    while (state == State::kYielded) state = machine.run();
    if (state == State::kFailed) machine.error().render("script");
    if (machine.stats().peak_memory_bytes > limits.memory_bytes) std::abort();
  }
  return 0;
}
