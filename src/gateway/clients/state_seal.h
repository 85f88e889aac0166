// What clients carry for us from one request to the next (requestState of an input_required
// result). It comes back through their hands, so it is authenticated, bound to who may use it and
// for what, and it expires. The key is this process's own: another replica refuses it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace larkspur::gateway {

// Immutable; any thread.
class StateSeal {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;  // of a sealed state

  explicit StateSeal(std::chrono::seconds lifetime = std::chrono::hours(1));

  // `binding`: the principal, and what the state is for; the same text opens it again.
  std::string seal(std::string_view inner, std::string_view binding) const;
  // nullopt for what was not sealed here, or with another binding, or too long ago.
  std::optional<std::string> open(std::string_view sealed, std::string_view binding) const;

 private:
  std::string mac(std::string_view expiry, std::string_view inner, std::string_view binding) const;

  std::string key_;
  std::chrono::seconds lifetime_;
};

}  // namespace larkspur::gateway
