#include "ops/alibaba/lz4_block.h"

#include <charconv>

#include "ops/alibaba/testdata/vectors.h"

namespace larkspur::ops::alibaba {
namespace {

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

TEST(Lz4Block, AllVectors) {
  std::size_t count = 0;
  for (const json::Value vector : vectors().root()["lz4_block"].elements()) {
    SCOPED_TRACE(vector["name"].string());
    const std::string size(vector["headers"]["x-log-bodyrawsize"].string());
    const auto decoded =
        decode_lz4_block(from_hex(vector["body_hex"].string()), std::stoul(size), 1 << 20);
    if (vector["expect_error"].exists()) {
      ASSERT_FALSE(decoded);
      EXPECT_TRUE(decoded.error().message.starts_with(vector["expect_error"].string()));
    } else {
      ASSERT_TRUE(decoded) << decoded.error().message;
      EXPECT_EQ(*decoded, vector["expect"].string());
    }
    ++count;
  }
  EXPECT_EQ(count, 3u);
}

TEST(Lz4Block, AnAnnouncedSizeBeyondTheLimitAllocatesNothing) {
  const auto decoded = decode_lz4_block("x", std::size_t{1} << 40, 1 << 20);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kTooLarge);
}

TEST(Lz4Block, RubbishIsRefused) {
  for (const std::string_view block : {"", "\xff\xff\xff\xff", "\x10", "\x1f\x61\x05\x05\xff"}) {
    EXPECT_FALSE(decode_lz4_block(block, 100, 1 << 20)) << block.size();
  }
}

}  // namespace
}  // namespace larkspur::ops::alibaba
