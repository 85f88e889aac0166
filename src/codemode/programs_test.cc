#include "codemode/programs.h"

#include <gtest/gtest.h>

namespace larkspur::codemode {
namespace {

Programs::Shared program(std::string source) {
  return starlark::Program::compile(std::move(source), {}).value();
}

TEST(Programs, KeepsTheOnesUsedLast) {
  Programs programs({.programs = 2});
  programs.keep("a", program("a = 1"));
  programs.keep("b", program("b = 1"));
  const Programs::Shared a = programs.find("a");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->source(), "a = 1");
  programs.keep("c", program("c = 1"));
  EXPECT_FALSE(programs.find("b"));
  EXPECT_EQ(programs.find("a"), a);
  EXPECT_TRUE(programs.find("c"));
  EXPECT_EQ(programs.uses().hits, 3u);
  EXPECT_EQ(programs.uses().misses, 1u);
}

TEST(Programs, TakesNoMoreMemoryThanItMay) {
  const Programs::Shared small = program("x = 1");
  Programs programs({.bytes = small->memory_bytes() * 5 / 2});
  for (const char* key : {"a", "b", "c"}) programs.keep(key, small);
  EXPECT_FALSE(programs.find("a"));
  EXPECT_TRUE(programs.find("b"));
  EXPECT_TRUE(programs.find("c"));

  std::string text = "x = [";
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + ", ";
  programs.keep("large", program(text + "]"));
  EXPECT_FALSE(programs.find("large"));
  EXPECT_TRUE(programs.find("b"));
}

TEST(Programs, TheFirstOfTwoThatWereMadeAtOnceStays) {
  Programs programs;
  const Programs::Shared first = program("x = 1");
  programs.keep("a", first);
  programs.keep("a", program("x = 1"));
  EXPECT_EQ(programs.find("a"), first);
}

}  // namespace
}  // namespace larkspur::codemode
