#include "gateway/clients/state_seal.h"

#include <charconv>

#include "base/clock.h"
#include "base/random.h"

namespace larkspur::gateway {

namespace {

// Takes as long for a wrong guess as for a right one.
bool equal_secrets(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace

StateSeal::StateSeal(std::chrono::seconds lifetime) : key_(random_hex(32)), lifetime_(lifetime) {}

std::string StateSeal::mac(std::string_view expiry, std::string_view inner,
                           std::string_view binding) const {
  // Lengths first, so that no two triples make the same text.
  std::string text = std::to_string(expiry.size()) + ',' + std::to_string(binding.size()) + ',';
  text.append(expiry).append(binding).append(inner);
  return hmac_sha256_hex(key_, text);
}

std::string StateSeal::seal(std::string_view inner, std::string_view binding) const {
  const std::string expiry = std::to_string(wall_clock_ms() / 1000 + lifetime_.count());
  return expiry + '.' + mac(expiry, inner, binding) + '.' + std::string(inner);
}

std::optional<std::string> StateSeal::open(std::string_view sealed,
                                           std::string_view binding) const {
  if (sealed.size() > kMaxBytes) return std::nullopt;
  const std::size_t first = sealed.find('.');
  const std::size_t second = first == sealed.npos ? first : sealed.find('.', first + 1);
  if (second == sealed.npos) return std::nullopt;
  const std::string_view expiry = sealed.substr(0, first);
  const std::string_view inner = sealed.substr(second + 1);
  if (!equal_secrets(sealed.substr(first + 1, second - first - 1), mac(expiry, inner, binding))) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds);
  if (wall_clock_ms() / 1000 > seconds) return std::nullopt;
  return std::string(inner);
}

}  // namespace larkspur::gateway
