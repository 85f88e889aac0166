// A command line into words, as a POSIX shell would (quotes and backslashes), but without anything
// else that a shell does: no shell ever sees these words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::ops {

// Quotes keep everything literal; a backslash keeps the next character, within double quotes only
// one of \ " $ `. Whatever would mean something to a shell and stands outside quotes is refused
// (kInvalidArgument, with its place), so that nobody believes it has worked: ; | & < > $ ( )
// backtick, line breaks; a NUL anywhere.
Result<std::vector<std::string>> split_words(std::string_view text);

}  // namespace larkspur::ops
