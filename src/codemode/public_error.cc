#include "codemode/public_error.h"

#include <algorithm>
#include <array>

namespace larkspur::codemode {

namespace {

// Words of the language and of the engine's messages that scripts often hold too. Leaving one out
// costs a log line some clarity, no more. Sorted.
constexpr std::array<std::string_view, 114> kOwnWords = {
    "N",         "None",     "a",        "accepts", "all",     "and",       "any",      "argument",
    "arguments", "as",       "assert",   "assign",  "async",   "at",        "await",    "binary",
    "bool",      "break",    "but",      "by",      "bytes",   "call",      "called",   "character",
    "class",     "continue", "decode",   "def",     "del",     "dict",      "division", "elem",
    "element",   "elif",     "else",     "empty",   "encode",  "enumerate", "error",    "except",
    "expected",  "fail",     "field",    "finally", "float",   "for",       "format",   "found",
    "from",      "function", "global",   "got",     "has",     "hasattr",   "if",       "import",
    "in",        "index",    "int",      "integer", "invalid", "is",        "items",    "join",
    "json",      "key",      "keys",     "keyword", "lambda",  "len",       "length",   "list",
    "load",      "local",    "map",      "max",     "method",  "min",       "missing",  "name",
    "no",        "nonlocal", "not",      "number",  "of",      "op",        "or",       "parallel",
    "pass",      "pop",      "position", "print",   "raise",   "range",     "result",   "return",
    "script",    "set",      "sorted",   "string",  "struct",  "the",       "to",       "tool",
    "try",       "tuple",    "type",     "value",   "values",  "variable",  "want",     "while",
    "with",      "yield"};
static_assert(std::ranges::is_sorted(kOwnWords));

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The word that begins at `at`; empty where none does.
std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

bool has_word(std::string_view source, std::string_view word) {
  for (std::size_t at = source.find(word); at != std::string_view::npos;
       at = source.find(word, at + 1)) {
    if ((at == 0 || !is_word(source[at - 1])) && word_at(source, at) == word) return true;
  }
  return false;
}

}  // namespace

std::string without_names(std::string_view message, std::string_view source,
                          const std::vector<BoundTool>& tools) {
  std::string out;
  for (std::size_t at = 0; at < message.size();) {
    const std::string_view word = word_at(message, at);
    if (word.empty()) {
      out += message[at++];
      continue;
    }
    const bool ours = std::ranges::binary_search(kOwnWords, word) ||
                      std::ranges::find(tools, word, &BoundTool::identifier) != tools.end();
    out += ours || !has_word(source, word) ? word : "...";
    at += word.size();
  }
  return out;
}

}  // namespace larkspur::codemode
