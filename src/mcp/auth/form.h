// application/x-www-form-urlencoded, as OAuth's requests and redirects use it (RFC 6749 appendix
// B).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larkspur::mcp::auth {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string percent_encode(std::string_view text);  // all but RFC 3986's unreserved characters
std::string to_form(const Fields& fields);
// `url` with the fields as its query, behind the ones that it has.
std::string with_query(std::string_view url, const Fields& fields);

// The first value of each name. A broken escape stays as it is.
std::map<std::string, std::string, std::less<>> from_form(std::string_view text);

}  // namespace larkspur::mcp::auth
