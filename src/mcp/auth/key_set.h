// The public keys of an authorization server (JWK Set, RFC 7517) and the signatures that they
// verify (RFC 7518 section 3.1, RFC 8037). Asymmetric algorithms only: a key that both sides know
// could be the public key itself, taken for a secret ("key confusion"), and "none" is no signature.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::mcp::auth {

// Immutable; any thread.
class KeySet {
 public:
  // Of keys that are not for signatures, or of a kind not known here, nothing is kept (RFC 7517
  // section 5). The error: no key set, or more than kMaxKeys keys in it.
  static Result<KeySet> parse(std::string_view json);
  static constexpr std::size_t kMaxKeys = 64;

  KeySet();
  KeySet(KeySet&&) noexcept;
  KeySet& operator=(KeySet&&) noexcept;
  ~KeySet();

  std::size_t size() const;

  enum class Verdict : unsigned char { kGood, kBad, kNoSuchKey, kNoSuchAlgorithm };
  // `signature` over `input`, raw as it stands in a JWS (RFC 7515 section 5.2). With an `id` only
  // the keys of that id are asked, without one all that fit the algorithm.
  Verdict verify(std::string_view algorithm, std::string_view id, std::string_view input,
                 std::string_view signature) const;

 private:
  struct Key;
  std::vector<Key> keys_;
};

// "RS256 ES256 ...", for messages.
std::string known_algorithms();

}  // namespace larkspur::mcp::auth
