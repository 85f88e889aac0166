#include "starlark/compile/bytecode.h"

#include <algorithm>
#include <array>

namespace larkspur::starlark {
namespace {

constexpr std::array<std::string_view, kOpCount> kNames = {
#define OP(name, layout, effect) #name,
#include "starlark/compile/opcodes.def"
#undef OP
};

constexpr std::array<Layout, kOpCount> kLayouts = {
#define OP(name, layout, effect) Layout::layout,
#include "starlark/compile/opcodes.def"
#undef OP
};

}  // namespace

std::string_view to_string(Op op) {
  return kNames[static_cast<std::size_t>(op)];
}

Layout layout_of(Op op) {
  return kLayouts[static_cast<std::size_t>(op)];
}

std::size_t Module::line_index(std::uint32_t offset) const {
  const auto after = std::upper_bound(lines.begin(), lines.end(), offset);
  return static_cast<std::size_t>(after - lines.begin()) - (after == lines.begin() ? 0 : 1);
}

const SourceFile& Module::file(std::uint32_t offset) const {
  const auto after = std::ranges::upper_bound(files, offset, {}, &SourceFile::begin);
  return *(after - 1);
}

Location Module::location(std::uint32_t offset) const {
  const std::size_t index = line_index(offset);
  const std::uint32_t begin = lines[index];
  const std::string_view before = source.substr(begin, offset - begin);
  const auto points =
      std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return {.line = static_cast<std::uint32_t>(index) - file(offset).first_line + 1,
          .column = static_cast<std::uint32_t>(points) + 1};
}

std::string_view Module::line(std::uint32_t offset) const {
  const std::uint32_t begin = lines[line_index(offset)];
  std::string_view text = source.substr(begin, source.find('\n', begin) - begin);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace larkspur::starlark
