#include "mcp/auth/challenge.h"

#include <algorithm>

#include "base/text.h"

namespace larkspur::mcp::auth {

namespace {

// RFC 9110 section 5.6.2.
bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() {
    const std::size_t begin = rest_.find_first_not_of(" \t,");
    rest_.remove_prefix(std::min(begin, rest_.size()));
    return rest_.empty();
  }
  // "" where no token begins here.
  std::string_view token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_char);
    return take(static_cast<std::size_t>(end - rest_.begin()));
  }
  // Past `=` and the white space that servers put around it.
  bool equals_sign() {
    const std::size_t at = rest_.find_first_not_of(" \t");
    if (at == rest_.npos || rest_[at] != '=') return false;
    rest_.remove_prefix(at + 1);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    return true;
  }
  // A token or a quoted string.
  std::string value() {
    if (!rest_.starts_with('"')) return std::string(token());
    std::string out;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    return out;
  }
  void skip_one() { rest_.remove_prefix(std::min<std::size_t>(1, rest_.size())); }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::string_view rest_;
};

}  // namespace

std::optional<BearerChallenge> read_bearer_challenge(std::string_view header) {
  std::optional<BearerChallenge> found;
  Scanner scan(header);
  while (!scan.done()) {
    const std::string_view name = scan.token();
    if (name.empty()) {
      scan.skip_one();
    } else if (!scan.equals_sign()) {  // not a parameter: a scheme, and a new challenge
      if (found) break;
      if (equals_ignore_case(name, "Bearer")) found.emplace();
    } else {
      std::string value = scan.value();
      if (!found) continue;
      if (equals_ignore_case(name, "resource_metadata")) {
        found->resource_metadata = std::move(value);
      } else if (equals_ignore_case(name, "scope")) {
        found->scope = std::move(value);
      } else if (equals_ignore_case(name, "error")) {
        found->error = std::move(value);
      }
    }
  }
  return found;
}

}  // namespace larkspur::mcp::auth
