#include "telemetry/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "json/value.h"

namespace larkspur::telemetry {
namespace {

// Both ends of a pipe.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_all() {
    close_writer();
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }
  int ends[2];
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

TEST(Log, OneJsonObjectALine) {
  Pipe pipe;
  {
    Log log(pipe.ends[1]);
    log.write(Level::kWarn, "backend.down",
              {{"backend", "a\"b\\c"},
               {"error", "forged\n{\"event\":\"x\"}\x1b[31m\xff"},
               {"tries", std::int64_t{-3}},
               {"fatal", false},
               {"empty", ""}});
    log.write(Level::kDebug, "unseen", {});
  }
  const auto lines = lines_of(pipe.read_all());
  ASSERT_EQ(lines.size(), 1u);
  const auto document = json::Document::parse(lines[0]);
  ASSERT_TRUE(document.has_value()) << document.error().message << "\n" << lines[0];
  const json::Value root = document->root();
  EXPECT_EQ(root["level"].string(), "warn");
  EXPECT_EQ(root["event"].string(), "backend.down");
  EXPECT_EQ(root["backend"].string(), "a\"b\\c");
  EXPECT_EQ(root["error"].string(), "forged\\x0a{\"event\":\"x\"}\\x1b[31m\xef\xbf\xbd");
  EXPECT_EQ(root["tries"].integer(), -3);
  EXPECT_FALSE(root["fatal"].boolean(true));
  EXPECT_FALSE(root["empty"].exists());
  EXPECT_TRUE(root["time"].is_string());
}

TEST(Log, EveryLineOfEveryThreadArrivesWhole) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    Log log(pipe.ends[1]);
    reader = std::thread([&] {
      char buffer[4096];
      std::size_t seen = 0;
      while (seen < 1000) {
        const ssize_t n = ::read(pipe.ends[0], buffer, sizeof buffer);
        if (n <= 0) break;
        text.append(buffer, static_cast<std::size_t>(n));
        seen = static_cast<std::size_t>(std::ranges::count(text, '\n'));
      }
    });
    std::vector<std::jthread> writers;
    for (std::int64_t writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&log, writer] {
        for (std::int64_t i = 0; i < 250; ++i) {
          log.write(Level::kInfo, "e", {{"writer", writer}, {"i", i}});
        }
      });
    }
  }
  reader.join();
  const auto lines = lines_of(text);
  EXPECT_EQ(lines.size(), 1000u);
  for (const std::string& line : lines)
    EXPECT_TRUE(json::Document::parse(line).has_value()) << line;
}

TEST(Log, AStderrThatBlocksCostsLinesAndNoTime) {
  Pipe pipe;
  constexpr std::size_t kLines = Log::kCapacity * 3;
  const std::string padding(200, 'x');
  std::string text;
  std::thread reader;
  std::uint64_t dropped = 0;
  {
    Log log(pipe.ends[1]);
    for (std::size_t i = 0; i < kLines; ++i) {
      log.write(Level::kInfo, "e", {{"padding", padding}});  // would block for ever if it wrote
    }
    dropped = log.dropped();
    EXPECT_GT(dropped, 0u);
    reader = std::thread([&] {
      char buffer[4096];
      ssize_t n = 0;
      while ((n = ::read(pipe.ends[0], buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(n));
      }
    });
  }
  pipe.close_writer();
  reader.join();
  EXPECT_EQ(lines_of(text).size(), kLines - dropped + 1);
  EXPECT_THAT(text,
              testing::HasSubstr("\"event\":\"log.dropped\",\"lines\":" + std::to_string(dropped)));
}

}  // namespace
}  // namespace larkspur::telemetry
