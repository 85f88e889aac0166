// JSON that nobody needs to look into: checked as strictly as a Document, but only the members of
// the outermost object are told apart; everything below stays text. What a 50 MB tool result goes
// through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::json {

// The whole text is one strict RFC 8259 value (see Document). Runs in constant memory, so it does
// not look for duplicate keys.
Result<void> check(std::string_view text);

struct Member {
  std::string key;       // unescaped
  std::string_view raw;  // the value's source text, inside the scanned text
};

// The members of the outermost object, in order. The whole text is checked strictly; duplicate keys
// are refused at the outermost level only.
Result<std::vector<Member>> scan_object(std::string_view text);

// The same of a text that is known to be JSON because it was checked when it came in: what lies
// inside the members is not read again, which costs a fraction. Other text is not harmful, but not
// all of it is found out.
Result<std::vector<Member>> split_object(std::string_view text);

// The raw value of `key` in `members`, or "".
std::string_view find_member(const std::vector<Member>& members, std::string_view key);

}  // namespace larkspur::json
