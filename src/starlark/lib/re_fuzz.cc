// A pattern, a replacement and a text, a line each: the module re answers within its limits.
#include <cstdint>
#include <cstdlib>

#include "starlark/starlark.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::starlark;
  static const auto program = *Program::compile(
      "pattern, replacement, text = data\n"
      "for f in [re.search, re.match, re.fullmatch, re.findall, re.split]:\n"
      "    try_call(f, pattern, text)\n"
      "try_call(re.sub, pattern, replacement, text)\n",
      {.predeclared = {"data"}});
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string json = "[\"";
  int lines = 1;
  for (const char c : input) {
    if (c == '\n' && lines < 3) {
      json += "\",\"";
      ++lines;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
      constexpr char kDigits[] = "0123456789abcdef";
      json += "\\u00";
      json += kDigits[static_cast<unsigned char>(c) >> 4];
      json += kDigits[c & 15];
    } else {
      json += c;
    }
  }
  for (; lines < 3; ++lines) json += "\",\"";
  json += "\"]";
  Limits limits;
  limits.steps = 500'000;
  limits.memory_bytes = 4u << 20;
  Machine machine(program, limits, {});
  if (!machine.set_global("data", json)) return 0;
  State state = machine.run();
  while (state == State::kYielded) state = machine.run();
  if (machine.stats().peak_memory_bytes > limits.memory_bytes) std::abort();
  return 0;
}
