// The static errors of one script, as the lexer, the parser and the resolver find them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larkspur::starlark {

struct StaticError {
  std::uint32_t offset = 0;  // into the source
  std::string message;
  std::string hint;
};

class Errors {
 public:
  explicit Errors(std::size_t most = 10) : most_(most) {}

  void add(std::uint32_t offset, std::string message, std::string hint = {}) {
    if (!full()) items_.push_back({offset, std::move(message), std::move(hint)});
  }
  bool empty() const { return items_.empty(); }
  bool full() const { return items_.size() >= most_; }
  const std::vector<StaticError>& items() const { return items_; }
  std::vector<StaticError>& items() { return items_; }

 private:
  std::size_t most_;
  std::vector<StaticError> items_;
};

}  // namespace larkspur::starlark
