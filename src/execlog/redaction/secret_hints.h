// Whether the rules of redaction need to look at a text at all.
#pragma once

#include <string_view>

namespace larkspur::execlog {

// False: no rule of redaction.cc would find anything. One pass over the bytes; letters of either
// case are the same (ASCII). Any thread.
bool hints_at_a_secret(std::string_view text);

}  // namespace larkspur::execlog
