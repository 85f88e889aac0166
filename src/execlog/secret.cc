#include "execlog/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace larkspur::execlog {

Secret::~Secret() {
  wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::move(other.bytes_);
  other.bytes_.clear();
  return *this;
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe();
  bytes_ = other.bytes_;
  return *this;
}

bool Secret::equals(std::string_view text) const {
  return bytes_.size() == text.size() &&
         CRYPTO_memcmp(bytes_.data(), text.data(), text.size()) == 0;
}

void Secret::wipe() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

}  // namespace larkspur::execlog
