#include "ops/alibaba/lz4_block.h"

#include <fmt/format.h>
#include <lz4.h>

namespace larkspur::ops::alibaba {

Result<std::string> decode_lz4_block(std::string_view block, std::size_t raw_size,
                                     std::size_t max_bytes) {
  if (raw_size > max_bytes || raw_size > LZ4_MAX_INPUT_SIZE || block.size() > LZ4_MAX_INPUT_SIZE) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("a compressed answer of {} bytes, more than the {} that are taken",
                            raw_size, max_bytes));
  }
  std::string out(raw_size, '\0');
  const int size = LZ4_decompress_safe(block.data(), out.data(), static_cast<int>(block.size()),
                                       static_cast<int>(raw_size));
  if (size < 0) return fail(ErrorCode::kProtocol, "the answer is not a sound LZ4 block");
  if (static_cast<std::size_t>(size) != raw_size) {
    return fail(ErrorCode::kProtocol,
                fmt::format("LZ4 size mismatch: {} bytes were announced, {} came", raw_size, size));
  }
  return out;
}

}  // namespace larkspur::ops::alibaba
