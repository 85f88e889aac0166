#include "net/line_buffer.h"

#include <gtest/gtest.h>

#include <vector>

namespace larkspur::net {
namespace {

using Status = LineBuffer::Status;

std::vector<std::string> lines_of(std::string_view text, std::size_t step, std::size_t limit) {
  LineBuffer buffer(limit);
  std::vector<std::string> lines;
  for (bool ended = false;;) {
    LineBuffer::Line line = buffer.next();
    if (line.status == Status::kEnd) return lines;
    if (line.status == Status::kLine) lines.push_back(std::move(line.text));
    if (line.status == Status::kTooLong) lines.emplace_back("(too long)");
    if (line.status != Status::kNeedsMore) continue;
    EXPECT_FALSE(ended);
    ended = text.empty();
    if (ended) buffer.put_end();
    buffer.put(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
  }
}

TEST(LineBuffer, GivesTheSameLinesHoweverTheyCome) {
  for (const std::size_t step : {1, 2, 3, 7, 100}) {
    EXPECT_EQ(lines_of("one\ntwo\r\n\n\rthree\r", step, 10),
              (std::vector<std::string>{"one", "two", "", "\rthree"}));
  }
}

TEST(LineBuffer, SkipsWhatIsTooLongAndGoesOn) {
  for (const std::size_t step : {1, 2, 3, 7, 100}) {
    EXPECT_EQ(lines_of("12345\n123456\n12\n1234567", step, 5),
              (std::vector<std::string>{"12345", "(too long)", "12", "(too long)"}));
  }
}

TEST(LineBuffer, SaysThatALineIsTooLongBeforeItsEnd) {
  LineBuffer buffer(5);
  buffer.put("123456");
  EXPECT_EQ(buffer.next().status, Status::kTooLong);
  EXPECT_EQ(buffer.next().status, Status::kNeedsMore);
}

TEST(LineBuffer, GivesALargeLineWhole) {
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(lines_of(large + "\r\n" + large + "\nend", 65'536, large.size() + 1),
            (std::vector<std::string>{large, large, "end"}));
}

}  // namespace
}  // namespace larkspur::net
