// Raw LZ4 blocks (no frame, no size in front), as the Log Service sends them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace larkspur::ops::alibaba {

// `raw_size` is the decoded size that the peer announced; nothing is allocated for more than
// `max_bytes` (kTooLarge), and a block that decodes to any other size is kProtocol.
Result<std::string> decode_lz4_block(std::string_view block, std::size_t raw_size,
                                     std::size_t max_bytes);

}  // namespace larkspur::ops::alibaba
