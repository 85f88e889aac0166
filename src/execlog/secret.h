// A credential: a text that cannot be printed, formatted, logged or serialised, because it converts
// to nothing. Whoever really needs it (an HTTP header being built) says reveal(), and reviewers
// search for that word. The bytes are wiped when it dies.
#pragma once

#include <string_view>
#include <vector>

namespace larkspur::execlog {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  ~Secret();
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);

  bool empty() const { return bytes_.empty(); }
  // Valid until this Secret changes or dies.
  std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
  // In time that depends on the lengths only.
  bool equals(std::string_view text) const;

 private:
  void wipe();

  std::vector<char>
      bytes_;  // not std::string: a short one would leave copies on the stack when moved
};

}  // namespace larkspur::execlog
