// Errors as people read them.
#include <algorithm>

#include "starlark/starlark.h"

namespace larkspur::starlark {
namespace {

constexpr std::size_t kMostBefore =
    80;  // bytes of a long line that are shown on each side of the place
constexpr std::size_t kMostFrames = 20;

bool continues(char c) {
  return (c & 0xC0) == 0x80;
}

// The byte at which a column (in code points, 1-based) begins.
std::size_t byte_of(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t i = 1; i < column && at < line.size(); ++i) {
    ++at;
    while (at < line.size() && continues(line[at])) ++at;
  }
  return at;
}

// The line, shortened around the place when it is long, and a caret below.
std::string excerpt(std::string_view line, std::uint32_t column) {
  const std::size_t place = byte_of(line, column);
  std::size_t begin = place > kMostBefore ? place - kMostBefore : 0;
  std::size_t end = std::min(line.size(), place + kMostBefore);
  while (begin > 0 && continues(line[begin])) --begin;
  while (end < line.size() && continues(line[end])) ++end;

  std::string shown = "    ";
  std::string caret = "    ";
  if (begin > 0) {
    shown += "...";
    caret += "   ";
  }
  for (const char c : line.substr(begin, place - begin)) {
    // Tabs stay tabs, so that the caret stands below its place however wide they are.
    if (!continues(c)) caret += c == '\t' ? '\t' : ' ';
  }
  for (const char c : line.substr(begin, end - begin)) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    shown += control ? '?' : c;
  }
  if (end < line.size()) shown += "...";
  return shown + "\n" + caret + "^\n";
}

std::string at(std::string_view filename, Location location) {
  return std::string(filename) + ":" + std::to_string(location.line) + ":" +
         std::to_string(location.column);
}

bool same(const StackFrame& a, const StackFrame& b) {
  return a.function == b.function && a.file == b.file && a.location.line == b.location.line &&
         a.location.column == b.location.column;
}

// Deep recursion is one line, not a thousand.
std::string render_stack(std::string_view filename, const std::vector<StackFrame>& stack) {
  std::string out = "call stack, innermost last:\n";
  std::size_t lines = 0;
  for (std::size_t i = 0; i < stack.size();) {
    std::size_t next = i + 1;
    while (next < stack.size() && same(stack[i], stack[next])) ++next;
    if (lines < kMostFrames / 2 || stack.size() - i <= kMostFrames / 2) {
      const std::string_view file = stack[i].file.empty() ? filename : stack[i].file;
      out += "  " + at(file, stack[i].location) + " in " + stack[i].function;
      if (next - i > 1) out += " (" + std::to_string(next - i) + " times)";
      out += "\n";
    } else if (lines == kMostFrames / 2) {
      out += "  ...\n";
    }
    ++lines;
    i = next;
  }
  return out;
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kSyntax:
      return "syntax";
    case ErrorKind::kRuntime:
      return "runtime";
    case ErrorKind::kTool:
      return "tool_error";
    case ErrorKind::kStepLimit:
      return "step_limit";
    case ErrorKind::kMemoryLimit:
      return "memory_limit";
    case ErrorKind::kDepthLimit:
      return "depth_limit";
    case ErrorKind::kCallLimit:
      return "call_limit";
    case ErrorKind::kOutputLimit:
      return "output_limit";
    case ErrorKind::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string Diagnostic::text() const {
  return hint.starts_with("did you mean ") ? message + " (" + hint + ")" : message;
}

std::string Diagnostic::render(std::string_view filename) const {
  std::string out = at(file.empty() ? filename : file, location) + ": error: " + message + "\n";
  if (location.line > 0 && !source_line.empty()) out += excerpt(source_line, location.column);
  if (!hint.empty()) out += "hint: " + hint + "\n";
  if (stack.size() > 1) out += render_stack(filename, stack);
  return out;
}

}  // namespace larkspur::starlark
