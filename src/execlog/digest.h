// Digests of what a record may not hold: arguments and results. They answer "was it this value?"
// to whoever has the value and the log's key, and tell nothing to whoever has the log alone:
// without a key, a short secret could be found by trying.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "execlog/secret.h"

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace larkspur::execlog {

// HMAC-SHA256 under one key, as "sha256:" and 64 hex digits. Immutable; any thread.
class Digester {
  struct Free {
    void operator()(evp_md_ctx_st* hash) const;
  };
  using Hash = std::unique_ptr<evp_md_ctx_st, Free>;

 public:
  explicit Digester(const Secret& key);

  // The key in this file; the file is made, for its owner alone, with a new key where it is
  // missing.
  static Result<Digester> with_key_in(const std::string& path);

  std::string of(std::string_view bytes) const;
  // Of the canonical form (json/canonical.h), so that spelling makes no difference; of the bytes
  // where `text` is not JSON.
  std::string of_json(std::string_view text) const;

  // The same in pieces, for texts that are too long for one go.
  class Running {
   public:
    void add(std::string_view bytes);
    std::string take();  // once

   private:
    friend class Digester;
    explicit Running(const Digester& digester);
    const Digester& digester_;
    Hash hash_;
  };
  Running begin() const { return Running(*this); }

 private:
  Hash inner_, outer_;  // HMAC as far as the key alone decides it
};

}  // namespace larkspur::execlog
