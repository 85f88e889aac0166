// The hash tree of RFC 6962, section 2.1 (SHA-256), built as its leaves come. Adding costs two
// hashes on average, whatever the size; only the roots of the perfect subtrees are kept.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct evp_md_ctx_st;

namespace larkspur::execlog {

using Hash = std::array<unsigned char, 32>;

// 64 lower-case hex digits, and nothing else. (The other way: to_hex in base/random.h.)
std::optional<Hash> hash_from_hex(std::string_view text);

// SHA-256 without the cost of finding the algorithm each time. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Hash operator()(std::string_view bytes);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

class MerkleTree {
 public:
  void add(const Hash& leaf);
  Hash root() const;  // of no leaves: the hash of nothing
  std::int64_t size() const { return size_; }

 private:
  std::vector<Hash> subtrees_;  // the largest first; one for each 1 in size_
  std::int64_t size_ = 0;
};

// What a leaf's bytes begin with before they are hashed: no leaf can be taken for an inner node.
inline constexpr char kLeafPrefix = '\x00', kNodePrefix = '\x01';

}  // namespace larkspur::execlog
