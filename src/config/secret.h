// A value that must not be seen: a header or an environment variable that may hold a credential.
// There is no way to print, compare or serialise one; reveal() is the only door, and whoever calls
// it hands the text to the one place that needs it (a request header, a child's environment).
#pragma once

#include <string>
#include <utility>

namespace larkspur::config {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace larkspur::config
