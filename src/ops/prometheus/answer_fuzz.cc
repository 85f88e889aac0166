#include <cstdint>
#include <cstdlib>
#include <string>

#include "json/value.h"
#include "ops/prometheus/answer.h"

// Whatever a server says: no crash, the limits hold, and the result is JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur;
  const auto read = ops::read_answer(std::string(reinterpret_cast<const char*>(data), size),
                                     {.max_series = 2, .max_samples = 3});
  if (!read || !*read) return 0;
  const auto result = json::Document::parse((*read)->result);
  if (!result || result->root().size() > 2) std::abort();
  std::size_t samples = 0;
  for (const json::Value series : result->root().elements()) {
    samples += series["values"].size() + series["histograms"].size();
  }
  if (samples > 3) std::abort();
  return 0;
}
