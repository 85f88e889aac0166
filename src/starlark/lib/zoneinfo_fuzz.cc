// Any bytes are a zone or refused; a zone answers for all times.
#include <cstdint>
#include <cstdlib>

#include "starlark/lib/zoneinfo.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using larkspur::starlark::lib::ZoneRules;
  const auto rules = ZoneRules::parse({reinterpret_cast<const char*>(data), size});
  if (!rules) return 0;
  constexpr std::int64_t kFirst = -62'135'596'800;
  constexpr std::int64_t kLast = 253'402'300'799;
  for (std::int64_t seconds = kFirst; seconds <= kLast; seconds += 31'000'000'003) {
    const auto local = rules->at(seconds);
    if (std::abs(local.offset) > 200 * 3600 || local.abbreviation.size() > 10) std::abort();
    rules->offset_of_local(seconds);
  }
  return 0;
}
