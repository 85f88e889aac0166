// Percent encoding (RFC 3986 section 2.1) and application/x-www-form-urlencoded, the form of query
// strings and of OAuth's requests (RFC 6749 appendix B).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larkspur {

using FormFields = std::vector<std::pair<std::string, std::string>>;

std::string percent_encode(std::string_view text);  // all but RFC 3986's unreserved characters
std::string to_form(const FormFields& fields);
// `url` with the fields as its query, behind the ones that it has.
std::string with_query(std::string_view url, const FormFields& fields);

// %41 and + of a query string; what is no such thing stands for itself.
std::string form_decode(std::string_view text);

// The first value of each name. A broken escape stays as it is.
std::map<std::string, std::string, std::less<>> from_form(std::string_view text);

}  // namespace larkspur
