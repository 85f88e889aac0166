// For the tests of this folder: an issuer with a key of its own, that signs what it is told to.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"

namespace larkspur::mcp::auth {

class TestKey {
 public:
  explicit TestKey(std::string id = "k1")
      : id_(std::move(id)), key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {}

  // {"kty":"EC",...}
  std::string jwk() const {
    unsigned char* point = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key_.get(), &point);
    const std::string text(reinterpret_cast<const char*>(point), size);
    OPENSSL_free(point);
    return R"({"kty":"EC","crv":"P-256","use":"sig","kid":")" + id_ + R"(","x":")" +
           to_base64url(text.substr(1, 32)) + R"(","y":")" + to_base64url(text.substr(33)) + "\"}";
  }
  std::string set() const { return R"({"keys":[)" + jwk() + "]}"; }

  // A compact JWS over `claims`, a JSON text.
  std::string sign(std::string_view claims, std::string_view header = "") const {
    const std::string head = header.empty()
                                 ? R"({"alg":"ES256","typ":"at+jwt","kid":")" + id_ + "\"}"
                                 : std::string(header);
    const std::string input = to_base64url(head) + '.' + to_base64url(claims);
    return input + '.' + to_base64url(signature(input));
  }

 private:
  // r and s, 32 bytes each.
  std::string signature(const std::string& input) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr);
    std::string der(80, '\0');
    std::size_t size = der.size();
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                   reinterpret_cast<const unsigned char*>(input.data()), input.size());
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
    std::string out(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + 32, 32);
    ECDSA_SIG_free(pair);
    return out;
  }

  std::string id_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace larkspur::mcp::auth
