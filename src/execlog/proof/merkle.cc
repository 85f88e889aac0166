#include "execlog/proof/merkle.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>

namespace larkspur::execlog {

namespace {

std::string_view as_text(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

Hash node(const Hash& left, const Hash& right) {
  thread_local Sha256 sha256;
  std::array<char, 1 + 2 * sizeof(Hash)> bytes;
  bytes[0] = kNodePrefix;
  std::ranges::copy(as_text(left), bytes.begin() + 1);
  std::ranges::copy(as_text(right), bytes.begin() + 1 + sizeof(Hash));
  return sha256({bytes.data(), bytes.size()});
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<Hash> hash_from_hex(std::string_view text) {
  Hash hash;
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return hash;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_DigestInit_ex2(context_.get(), algorithm, nullptr);
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Hash Sha256::operator()(std::string_view bytes) {
  Hash hash;
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
  EVP_DigestInit_ex2(context_.get(), nullptr, nullptr);
  return hash;
}

void MerkleTree::add(const Hash& leaf) {
  Hash hash = leaf;
  // Each perfect subtree at the right end that is as large as the new one joins it.
  for (int joins = std::countr_one(static_cast<std::uint64_t>(size_)); joins > 0; --joins) {
    hash = node(subtrees_.back(), hash);
    subtrees_.pop_back();
  }
  subtrees_.push_back(hash);
  ++size_;
}

Hash MerkleTree::root() const {
  if (subtrees_.empty()) return Sha256()("");
  Hash hash = subtrees_.back();
  for (std::size_t i = subtrees_.size() - 1; i-- > 0;) hash = node(subtrees_[i], hash);
  return hash;
}

}  // namespace larkspur::execlog
