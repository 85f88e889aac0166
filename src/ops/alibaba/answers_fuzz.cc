// What comes from Alibaba Cloud's services: compressed blocks, error bodies, times, profile files.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ops/alibaba/client/clock_skew.h"
#include "ops/alibaba/cloud_error.h"
#include "ops/alibaba/credentials/profile.h"
#include "ops/alibaba/lz4_block.h"
#include "ops/alibaba/tools/log_search.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::ops;
  if (size < 2) return 0;
  const std::size_t announced = data[0] | std::size_t{data[1]} << 8;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  if (const auto block = alibaba::decode_lz4_block(text, announced, 1 << 15);
      block && block->size() != announced) {
    __builtin_trap();
  }
  const alibaba::FailedAnswer answer{400 + data[0], text, text, text};
  const alibaba::CloudError error = alibaba::read_openapi_error(answer);
  if (error.code.empty() || error.message.size() > 4'096) __builtin_trap();
  (void)alibaba::read_sls_error(answer);
  (void)alibaba::ClockSkew().learn(text);
  (void)alibaba::read_cli_profile(std::string(text), "");
  (void)alibaba::read_ini_profile(text, "");
  (void)alibaba::condition("field", text);
  (void)parse_range(text, "now", 1'768'464'000'000);
  return 0;
}
