// The Ed25519 key (RFC 8032) that signs checkpoints, and its public half.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "execlog/proof/merkle.h"

struct evp_pkey_st;

namespace larkspur::execlog {

using PublicKey = Hash;  // 32 bytes as well
using Signature = std::array<unsigned char, 64>;

class SigningKey {
 public:
  // Reads the key from a PEM file (PKCS #8). Where there is no file, makes a key and writes it with
  // mode 0600. kIo when it can be neither read nor written; kInvalidArgument when it is no Ed25519
  // key, or others than its owner may read the file.
  static Result<SigningKey> load_or_create(const std::string& path);

  const PublicKey& public_key() const { return public_key_; }
  Signature sign(std::string_view message) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;

  explicit SigningKey(Handle key);

  Handle key_;
  PublicKey public_key_{};
};

bool is_signed_by(const PublicKey& key, std::string_view message, const Signature& signature);

}  // namespace larkspur::execlog
