// What the language does is told in tests/*.star: a file is a list of scripts separated by lines of
// "---"; in each,
//   ### expect: TEXT   is the next line that it prints, and
//   ### error: TEXT    stands on the line where it must fail, with TEXT in the message or the hint.
//   ### limits: steps=1000 memory=...  sets limits,
//   ### limit: KIND    stands on the line where one of them must end the script.
// Scripts find echo(**kwargs), a tool that gives back its arguments, and broken(), one that fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "starlark/machine_for_test.h"

namespace larkspur::starlark {
namespace {

using testing::HasSubstr;

struct Chunk {
  std::string source;  // with the lines before it left empty, so that line numbers are the file's
  std::vector<std::string> expected;
  std::string error;
  std::string limit;  // the kind of the error
  std::uint32_t error_line = 0;
  Limits limits;
};

// "steps=1000 memory=2000000"
void read_limits(std::string_view text, Limits& limits) {
  std::istringstream stream{std::string(text)};
  for (std::string each; stream >> each;) {
    const std::size_t equals = each.find('=');
    const std::string name = each.substr(0, equals);
    const std::uint64_t value = std::stoull(each.substr(equals + 1));
    if (name == "steps") limits.steps = value;
    if (name == "memory") limits.memory_bytes = value;
    if (name == "host_calls") limits.host_calls = static_cast<std::uint32_t>(value);
    if (name == "print_bytes") limits.print_bytes = value;
    if (name == "output_bytes") limits.output_bytes = value;
  }
}

std::vector<Chunk> read_chunks(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Chunk> chunks(1);
  std::string line;
  for (std::uint32_t number = 1; std::getline(file, line); ++number) {
    if (line == "---") {
      chunks.emplace_back();
      chunks.back().source.assign(number, '\n');
      continue;
    }
    Chunk& chunk = chunks.back();
    if (std::size_t at = line.find("### expect: "); at != std::string::npos) {
      chunk.expected.push_back(line.substr(at + 12));
    } else if (at = line.find("### error: "); at != std::string::npos) {
      chunk.error = line.substr(at + 11);
      chunk.error_line = number;
    } else if (at = line.find("### limits: "); at != std::string::npos) {
      read_limits(std::string_view(line).substr(at + 12), chunk.limits);
    } else if (at = line.find("### limit: "); at != std::string::npos) {
      chunk.limit = line.substr(at + 11);
      chunk.error_line = number;
    }
    chunk.source += line + "\n";
  }
  return chunks;
}

void check(const Chunk& chunk, bool collect_always) {
  Limits limits = chunk.limits;
  limits.collect_always = collect_always;
  auto program =
      Program::compile(chunk.source, {.predeclared = {"echo", "broken", "call_tool", "data"}});
  Diagnostic error;
  std::string printed;
  bool failed = !program;
  if (failed) {
    error = program.error().front();
  } else {
    Machine machine(*program, limits, host_functions());
    failed = finish(machine) == State::kFailed;
    EXPECT_LE(machine.stats().peak_memory_bytes, chunk.limits.memory_bytes);
    EXPECT_LE(machine.stats().steps, chunk.limits.steps);
    error = machine.error();
    printed = machine.printed();
  }
  std::vector<std::string> lines;
  std::istringstream stream(printed);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  EXPECT_EQ(lines, chunk.expected);
  std::string rendered = error.render("test.star");
  ASSERT_EQ(failed, chunk.error_line > 0) << rendered;
  if (!failed) return;
  if (!chunk.limit.empty()) EXPECT_EQ(to_string(error.kind), chunk.limit) << rendered;
  EXPECT_THAT(error.message + "\n" + error.hint, HasSubstr(chunk.error));
  std::vector<std::uint32_t> at = {error.location.line};
  for (const StackFrame& frame : error.stack) at.push_back(frame.location.line);
  // The size of the result is looked at when no line runs any more.
  if (error.location.line == 0 && error.kind == ErrorKind::kOutputLimit) return;
  EXPECT_THAT(at, testing::Contains(chunk.error_line)) << rendered;
}

class StarFile : public testing::TestWithParam<std::string> {
 protected:
  void check_all(bool collect_always) {
    std::size_t number = 0;
    for (const Chunk& chunk :
         read_chunks(std::filesystem::path("src/starlark/tests") / GetParam())) {
      SCOPED_TRACE("script " + std::to_string(++number));
      if (collect_always && !chunk.limit.empty()) continue;  // it runs as long as it may
      check(chunk, collect_always);
    }
  }
};

TEST_P(StarFile, DoesWhatItSays) {
  check_all(false);
}

TEST_P(StarFile, DoesSoWithACollectionAtEverySafePoint) {
  check_all(true);
}

std::vector<std::string> star_files() {
  std::vector<std::string> names;
  const std::filesystem::path folder = "src/starlark/tests";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".star") {
      names.push_back(entry.path().lexically_relative(folder));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tests, StarFile, testing::ValuesIn(star_files()), [](const auto& param) {
  std::string name = param.param.substr(0, param.param.find('.'));
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
});

}  // namespace
}  // namespace larkspur::starlark
