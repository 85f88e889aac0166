// A layout and a text: what a layout writes it reads again; durations go both ways.
#include <cstdint>
#include <cstdlib>

#include "starlark/lib/calendar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::starlark::lib;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = input.find('\n');
  const std::string_view layout = input.substr(0, cut);
  const std::string_view text = cut == std::string_view::npos ? input : input.substr(cut + 1);
  std::string problem;
  const auto parsed = parse_time(text, layout, {}, problem);
  if (!parsed && problem.empty()) std::abort();
  if (parsed) {
    const std::int64_t seconds = seconds_of(parsed->civil) - parsed->zone.offset;
    const std::string written =
        format_time(seconds, parsed->civil.nanosecond, parsed->zone, kRfc3339);
    if (parsed->civil.year > 0 && parsed->civil.year < 10'000 &&
        !parse_time(written, kRfc3339, {}, problem)) {
      std::abort();
    }
  }
  zone_of(text);
  if (const auto duration = parse_duration(text)) {
    if (parse_duration(format_duration(*duration)) != duration) std::abort();
  }
  return 0;
}
