// What kubectl prints about workloads.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ops/workload/quantity.h"
#include "ops/workload/workload.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::ops;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto amount = parse_quantity(text); amount && !(*amount >= 0)) __builtin_trap();
  // A selector stands in single quotes on a command line.
  if (const auto workload = read_workload(std::string(text));
      workload && (workload->selector.empty() || workload->selector.contains('\''))) {
    __builtin_trap();
  }
  (void)read_usage(text);
  (void)read_recommendation(std::string(text));
  (void)workload_kind(text);
  return 0;
}
