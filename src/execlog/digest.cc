#include "execlog/digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "base/random.h"
#include "json/canonical.h"
#include "json/value.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kKeyBytes = 32, kBlock = 64, kHash = 32;

void require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

EVP_MD_CTX* new_hash() {
  EVP_MD_CTX* hash = EVP_MD_CTX_new();
  require(hash != nullptr);
  return hash;
}

// Begins SHA-256 with the key's block, each byte of it changed by `pad` (RFC 2104).
void begin_padded(EVP_MD_CTX* hash, std::string_view key, unsigned char pad) {
  std::array<unsigned char, kBlock> block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= static_cast<unsigned char>(key[i]);
  require(EVP_DigestInit_ex(hash, EVP_sha256(), nullptr) == 1 &&
          EVP_DigestUpdate(hash, block.data(), block.size()) == 1);
  OPENSSL_cleanse(block.data(), block.size());
}

std::unexpected<Error> cannot(std::string_view what, const std::string& path) {
  return fail(
      ErrorCode::kIo,
      fmt::format("cannot {} {}: {}. It holds the key of the execution log's digests; check its "
                  "permissions",
                  what, path, std::error_code(errno, std::generic_category()).message()));
}

// Written beside its place and moved there, so that a crash leaves a whole key or none.
Result<void> make_key(const std::string& path) {
  const std::string fresh = path + ".new";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return cannot("make", fresh);
  const std::string text = random_hex(kKeyBytes) + "\n";
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(file) == 0;
  close(file);
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) return cannot("write", path);
  return {};
}

}  // namespace

void Digester::Free::operator()(EVP_MD_CTX* hash) const {
  EVP_MD_CTX_free(hash);
}

Digester::Digester(const Secret& key) : inner_(new_hash()), outer_(new_hash()) {
  std::string text(key.reveal());
  if (text.size() > kBlock) text = sha256_hex(text);
  begin_padded(inner_.get(), text, 0x36);
  begin_padded(outer_.get(), text, 0x5C);
  OPENSSL_cleanse(text.data(), text.size());
}

Result<Digester> Digester::with_key_in(const std::string& path) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) {
    if (Result<void> made = make_key(path); !made) return fail(std::move(made.error()));
    file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (file < 0) return cannot("read", path);
  std::array<char, 2 * kKeyBytes> digits;
  const ssize_t size = read(file, digits.data(), digits.size());
  close(file);
  if (size != static_cast<ssize_t>(digits.size())) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is no key: it must begin with {} hex digits. Remove it, and digests begin "
                    "anew under another key",
                    path, digits.size()));
  }
  const Secret key(std::string_view(digits.data(), digits.size()));
  OPENSSL_cleanse(digits.data(), digits.size());
  return Digester(key);
}

Digester::Running::Running(const Digester& digester) : digester_(digester), hash_(new_hash()) {
  require(EVP_MD_CTX_copy_ex(hash_.get(), digester.inner_.get()) == 1);
}

void Digester::Running::add(std::string_view bytes) {
  require(EVP_DigestUpdate(hash_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Digester::Running::take() {
  std::array<unsigned char, kHash> digest;
  require(EVP_DigestFinal_ex(hash_.get(), digest.data(), nullptr) == 1 &&
          EVP_MD_CTX_copy_ex(hash_.get(), digester_.outer_.get()) == 1 &&
          EVP_DigestUpdate(hash_.get(), digest.data(), digest.size()) == 1 &&
          EVP_DigestFinal_ex(hash_.get(), digest.data(), nullptr) == 1);
  return "sha256:" + to_hex(digest);
}

std::string Digester::of(std::string_view bytes) const {
  Running running(*this);
  running.add(bytes);
  return running.take();
}

std::string Digester::of_json(std::string_view text) const {
  const auto document = json::Document::parse(std::string(text));
  return document ? of(json::canonical(document->root())) : of(text);
}

}  // namespace larkspur::execlog
