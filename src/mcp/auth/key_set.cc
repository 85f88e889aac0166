#include "mcp/auth/key_set.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "json/value.h"

namespace larkspur::mcp::auth {

namespace {

template <auto kFree>
struct Freed {
  void operator()(auto* object) const { kFree(object); }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Freed<kFree>>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedNumber = Owned<BIGNUM, BN_free>;

enum class Kind : unsigned char { kRsa, kP256, kP384, kP521, kEd25519 };

struct Algorithm {
  std::string_view name;
  Kind kind;
  const char* digest;  // nullptr: the signature scheme hashes by itself
  bool pss = false;
};
constexpr std::array<Algorithm, 10> kAlgorithms = {{
    {"RS256", Kind::kRsa, "SHA256"},
    {"RS384", Kind::kRsa, "SHA384"},
    {"RS512", Kind::kRsa, "SHA512"},
    {"PS256", Kind::kRsa, "SHA256", true},
    {"PS384", Kind::kRsa, "SHA384", true},
    {"PS512", Kind::kRsa, "SHA512", true},
    {"ES256", Kind::kP256, "SHA256"},
    {"ES384", Kind::kP384, "SHA384"},
    {"ES512", Kind::kP521, "SHA512"},
    {"EdDSA", Kind::kEd25519, nullptr},
}};

struct Curve {
  std::string_view name;  // as a JWK writes it
  Kind kind;
  const char* group;  // as OpenSSL does
  std::size_t bytes;  // of a coordinate, and of each half of a signature
};
constexpr std::array<Curve, 3> kCurves = {{{"P-256", Kind::kP256, "P-256", 32},
                                           {"P-384", Kind::kP384, "P-384", 48},
                                           {"P-521", Kind::kP521, "P-521", 66}}};

// Shorter ones can be broken (RFC 7518 section 3.3); longer ones only cost time.
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

OwnedNumber number_of(std::string_view bytes) {
  return OwnedNumber(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

OwnedKey key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return OwnedKey(key);
}

OwnedKey rsa_key(const json::Value& jwk) {
  const auto modulus = from_base64url(jwk["n"].string());
  const auto exponent = from_base64url(jwk["e"].string());
  if (!modulus || modulus->size() > kMaxRsaBits / 8 || !exponent || exponent->empty() ||
      exponent->size() > 8) {
    return nullptr;
  }
  const OwnedNumber n = number_of(*modulus);
  const OwnedNumber e = number_of(*exponent);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OwnedKey key = key_from("RSA", builder.get());
  return key && EVP_PKEY_get_bits(key.get()) >= kMinRsaBits ? std::move(key) : nullptr;
}

OwnedKey curve_key(const json::Value& jwk, const Curve& curve) {
  const auto x = from_base64url(jwk["x"].string());
  const auto y = from_base64url(jwk["y"].string());
  if (!x || !y || x->size() != curve.bytes || y->size() != curve.bytes) return nullptr;
  const std::string point = '\x04' + *x + *y;  // uncompressed (SEC 1, 2.3.3)
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return key_from("EC", builder.get());  // refuses a point that is not on the curve
}

OwnedKey ed25519_key(const json::Value& jwk) {
  const auto x = from_base64url(jwk["x"].string());
  if (!x || x->size() != 32) return nullptr;
  return OwnedKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()));
}

// The two halves of a JWS signature as the DER that OpenSSL reads (RFC 7518 section 3.4).
std::string to_der(std::string_view signature, const Curve& curve) {
  if (signature.size() != 2 * curve.bytes) return {};
  const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
  OwnedNumber r = number_of(signature.substr(0, curve.bytes));
  OwnedNumber s = number_of(signature.substr(curve.bytes));
  if (ECDSA_SIG_set0(pair.get(), r.release(), s.release()) != 1) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

bool verifies(EVP_PKEY* key, const Algorithm& algorithm, std::string_view input,
              std::string_view signature) {
  std::string der;
  if (const auto curve = std::ranges::find(kCurves, algorithm.kind, &Curve::kind);
      curve != kCurves.end()) {
    der = to_der(signature, *curve);
    signature = der;
  }
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // the context's own
  if (EVP_DigestVerifyInit_ex(context.get(), &settings, algorithm.digest, nullptr, nullptr, key,
                              nullptr) != 1) {
    return false;
  }
  if (algorithm.pss && (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(input),
                          input.size()) == 1;
}

}  // namespace

struct KeySet::Key {
  std::string id;
  std::string algorithm;  // the only one it is for; "": all that fit
  Kind kind;
  OwnedKey key;
};

KeySet::KeySet() = default;
KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;
KeySet::~KeySet() = default;

std::size_t KeySet::size() const {
  return keys_.size();
}

Result<KeySet> KeySet::parse(std::string_view json) {
  auto document = json::Document::parse(std::string(json));
  if (!document) {
    return fail(ErrorCode::kProtocol, "the key set is not JSON: " + document.error().message);
  }
  const json::Value list = document->root()["keys"];
  if (!list.is_array()) return fail(ErrorCode::kProtocol, "the key set has no array 'keys'");
  if (list.size() > kMaxKeys) {
    return fail(ErrorCode::kProtocol,
                "the key set has more than " + std::to_string(kMaxKeys) + " keys");
  }
  KeySet set;
  for (const json::Value jwk : list.elements()) {
    if (jwk["use"].exists() && jwk["use"].string() != "sig") continue;
    const std::string_view type = jwk["kty"].string();
    const std::string_view curve_name = jwk["crv"].string();
    Kind kind = Kind::kRsa;
    OwnedKey key;
    if (type == "RSA") {
      key = rsa_key(jwk);
    } else if (type == "EC") {
      const auto curve = std::ranges::find(kCurves, curve_name, &Curve::name);
      if (curve == kCurves.end()) continue;
      kind = curve->kind;
      key = curve_key(jwk, *curve);
    } else if (type == "OKP" && curve_name == "Ed25519") {
      kind = Kind::kEd25519;
      key = ed25519_key(jwk);
    }
    if (!key) continue;
    set.keys_.push_back({.id = std::string(jwk["kid"].string()),
                         .algorithm = std::string(jwk["alg"].string()),
                         .kind = kind,
                         .key = std::move(key)});
  }
  ERR_clear_error();  // of the keys that were left out
  return set;
}

KeySet::Verdict KeySet::verify(std::string_view algorithm, std::string_view id,
                               std::string_view input, std::string_view signature) const {
  const auto known = std::ranges::find(kAlgorithms, algorithm, &Algorithm::name);
  if (known == kAlgorithms.end()) return Verdict::kNoSuchAlgorithm;
  Verdict verdict = Verdict::kNoSuchKey;
  for (const Key& key : keys_) {
    if (key.kind != known->kind || (!id.empty() && key.id != id)) continue;
    if (!key.algorithm.empty() && key.algorithm != algorithm) continue;
    if (verifies(key.key.get(), *known, input, signature)) return Verdict::kGood;
    verdict = Verdict::kBad;
    ERR_clear_error();
  }
  return verdict;
}

std::string known_algorithms() {
  std::string out;
  for (const Algorithm& algorithm : kAlgorithms) {
    if (!out.empty()) out += ' ';
    out += algorithm.name;
  }
  return out;
}

}  // namespace larkspur::mcp::auth
