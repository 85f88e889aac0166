#include "starlark/syntax/teaching.h"

#include <algorithm>
#include <iterator>

namespace larkspur::starlark {
namespace {

struct Lesson {
  std::string_view word;
  std::string_view hint;
};

constexpr std::string_view kNoOutside =
    "a script reaches the outside only through its tools; call one of them by name";

constexpr Lesson kReserved[] = {
    {"as", "there are no modules and no with blocks; assign with ="},
    {"assert", "write: if not condition: fail(\"message\")"},
    {"async", "leave it out: a tool call waits by itself; parallel() runs several at once"},
    {"await", "leave it out: a tool call waits by itself; parallel() runs several at once"},
    {"class", "there are no classes; use a dict or struct(name=value), and functions"},
    {"del", "use d.pop(key), or xs.pop(index)"},
    {"except", "there is no try; try_call(function, ...) catches errors"},
    {"finally", "there is no try; try_call(function, ...) catches errors"},
    {"from", "there is nothing to import; json, math and the tools are there by name"},
    {"global",
     "a function cannot assign outer variables; return the value, or change a list or dict"},
    {"import", "there is nothing to import; json, math and the tools are there by name"},
    {"nonlocal",
     "a function cannot assign outer variables; return the value, or change a list or dict"},
    {"raise", "use fail(\"message\")"},
    {"try", "there is no try; try_call(function, ...) catches errors"},
    {"with", "there are no context managers; call the function and use its result"},
    {"yield", "there are no generators; append to a list and return it"},
};

constexpr Lesson kNames[] = {
    {"true", "write True"},
    {"false", "write False"},
    {"null", "write None"},
    {"nil", "write None"},
    {"undefined", "write None"},
    {"asyncio", "leave it out: a tool call waits by itself; parallel() runs several at once"},
    {"console", "use print()"},
    {"datetime", "there is no clock; take times from tool results"},
    {"eval", "text cannot be run as code; json.decode(text) reads data"},
    {"exec", "text cannot be run as code; json.decode(text) reads data"},
    {"Exception", "use fail(\"message\")"},
    {"input", kNoOutside},
    {"open", kNoOutside},
    {"os", kNoOutside},
    {"random", "a script gives the same result every time; there is no randomness"},
    {"requests", kNoOutside},
    {"subprocess", kNoOutside},
    {"sys", kNoOutside},
    {"urllib", kNoOutside},
    {"ValueError", "use fail(\"message\")"},
};

template <std::size_t size>
std::string_view look_up(const Lesson (&lessons)[size], std::string_view word) {
  const auto* const found = std::ranges::find(lessons, word, &Lesson::word);
  return found == std::end(lessons) ? std::string_view() : found->hint;
}

}  // namespace

std::string_view hint_for_reserved(std::string_view word) {
  return look_up(kReserved, word);
}

std::string_view hint_for_name(std::string_view name) {
  return look_up(kNames, name);
}

std::string_view hint_for_unexpected(TokenKind got, TokenKind wanted, std::string_view after) {
  using enum TokenKind;
  if (got == kColon && after.starts_with(":="))
    return "there is no :=; assign with = on a line of its own";
  if (got == kAssign && wanted == kColon) return "compare with ==";
  if (got == kAssign && wanted == kNewline)
    return "assign one variable at a time: b = 1, then a = b";
  if (got == kIf && wanted == kColon) return "write elif";
  if (got == kLeftBrace && wanted == kColon) return "a block begins with ':' and is indented";
  if (got == kNewline && wanted == kColon) return "the line that opens a block ends with ':'";
  if (wanted == kIndent) return "indent the block below the line that ends with ':'";
  if (got == kEndOfFile && wanted != kNewline) return "a bracket is still open";
  const bool closer = wanted == kRightParen || wanted == kRightBracket || wanted == kRightBrace;
  const bool operand = got == kIdentifier || got == kInt || got == kFloat || got == kString;
  if (closer && operand) return "is a comma missing before this?";
  if (got == kIdentifier && wanted == kNewline) return "call functions with parentheses: print(x)";
  return {};
}

std::string_view hint_for_operand(TokenKind got, std::string_view before) {
  using enum TokenKind;
  switch (got) {
    case kAmpersand:
      return before.ends_with('&') ? "write and" : "";
    case kPipe:
      return before.ends_with('|') ? "write or" : "";
    case kStar:
      return "only calls take *args; join lists with +";
    case kStarStar:
      return "only calls take **kwargs; join dicts with |";
    case kAssign:
      return before.ends_with("==") ? "compare with ==" : "";
    case kFor:
      return "a comprehension needs its element first: [x for x in xs]";
    case kReturn:
    case kPass:
    case kBreak:
    case kContinue:
      return "this is a statement: give it a line of its own; a lambda holds one expression";
    case kNewline:
      return "something is missing at the end of this line";
    default:
      return {};
  }
}

}  // namespace larkspur::starlark
