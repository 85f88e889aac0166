// docs/starlark.md lists what functions.def and methods.def define, in the same words.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace larkspur::starlark {
namespace {

constexpr const char* kFunctions[][3] = {
#define FUNCTION(name, parameters, summary) {#name, parameters, summary},
#include "starlark/lib/functions.def"
};
constexpr const char* kMethods[][4] = {
#define METHOD(type, name, parameters, summary) {#type, #name, parameters, summary},
#include "starlark/lib/methods.def"
};

// A | in a table ends its cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string functions() {
  std::string out = "| | |\n|---|---|\n";
  for (const auto& [name, parameters, summary] : kFunctions)
    out += "| `" + cell(name) + "(" + cell(parameters) + ")` | " + cell(summary) + " |\n";
  return out;
}

std::string methods() {
  std::string out;
  std::string type;
  for (const auto& [owner, name, parameters, summary] : kMethods) {
    if (type != owner)
      out += (type.empty() ? "| " : "\n| ") + std::string(owner) + " | |\n|---|---|\n";
    type = owner;
    out += "| `" + cell(name) + "(" + cell(parameters) + ")` | " + cell(summary) + " |\n";
  }
  return out;
}

// What stands between the marker of that name and the next end.
std::string section(const std::string& page, const std::string& name) {
  const std::size_t marker = page.find("<!-- " + name + ":");
  if (marker == std::string::npos) return "no such marker";
  const std::size_t begin = page.find('\n', marker) + 1;
  return page.substr(begin, page.find("<!-- end -->", begin) - begin);
}

TEST(Documentation, ListsEveryFunctionAndMethod) {
  std::ifstream file("docs/starlark.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(section(page.str(), "functions"), functions());
  EXPECT_EQ(section(page.str(), "methods"), methods());
}

}  // namespace
}  // namespace larkspur::starlark
