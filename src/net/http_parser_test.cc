#include "net/http_parser.h"

#include <gtest/gtest.h>

namespace larkspur::net {
namespace {

constexpr std::string_view kHead =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

// Feeds the text byte by byte and gives the body, or why there is none.
std::string read(std::string_view text) {
  HttpRequest request;
  MessageParser<HttpRequest> parser(request, 4096, 1000);
  std::string pending;
  for (const char c : text) {
    pending += c;
    for (std::size_t used = 1; used > 0 && !pending.empty() && !parser.is_done();) {
      used = parser.put(pending);
      pending.erase(0, used);
      if (parser.error()) return std::to_string(parser.error().status);
    }
  }
  parser.put_eof();
  if (parser.error()) return std::to_string(parser.error().status);
  return request.body;
}

TEST(HttpParserTest, ReadsChunksByteByByte) {
  EXPECT_EQ(read(std::string(kHead) + "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: x\r\n\r\n"), "hello!");
}

// Found by fuzzing: Beast asserted on "0\r\n" with one byte more behind it.
TEST(HttpParserTest, ReadsAnEmptyChunkedBodyByteByByte) {
  EXPECT_EQ(read(std::string(kHead) + "0\r\n\r\n"), "");
  EXPECT_EQ(read(std::string(kHead) + "0\r\nT: x\r\n\r\n"), "");
  EXPECT_EQ(read(std::string(kHead) + "0\r\nab"), "400");
  EXPECT_EQ(read(std::string(kHead) + "0\r\n"), "400");
}

TEST(HttpParserTest, CountsEveryChunkAgainstTheLimit) {
  const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
  EXPECT_EQ(read(std::string(kHead) + chunk + chunk + "0\r\n\r\n").size(), 800u);
  EXPECT_EQ(read(std::string(kHead) + chunk + chunk + chunk), "413");
}

TEST(HttpParserTest, TrailersDoNotBecomeHeaders) {
  HttpRequest request;
  MessageParser<HttpRequest> parser(request, 4096, 1000);
  const std::string text = std::string(kHead) + "0\r\nAuthorization: x\r\n\r\n";
  std::size_t used = parser.put(text);
  used += parser.put(std::string_view(text).substr(used));
  EXPECT_EQ(used, text.size());
  EXPECT_TRUE(parser.is_done());
  EXPECT_FALSE(request.headers.has("Authorization"));
}

}  // namespace
}  // namespace larkspur::net
