#include "execlog/proof/signing_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace larkspur::execlog {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::unexpected<Error> cannot(std::string_view what, const std::string& path, int error) {
  return fail(
      ErrorCode::kIo,
      fmt::format("cannot {} the execution log's signing key {}: {}. Check the path and its "
                  "permissions",
                  what, path, std::error_code(error, std::generic_category()).message()));
}

// In one piece or not at all: a key file that a crash cut short would stop the next start.
Result<void> write_key(evp_pkey_st* key, const std::string& path) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot("make", path, errno);
  const File file(fdopen(descriptor, "w"));
  const bool written =
      PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      std::fflush(file.get()) == 0 && fsync(descriptor) == 0 &&
      rename(fresh.c_str(), path.c_str()) == 0;
  if (!written) return cannot("write", path, errno);
  return {};
}

}  // namespace

SigningKey::SigningKey(Handle key) : key_(std::move(key)) {
  std::size_t size = public_key_.size();
  EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &size);
}

void SigningKey::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Result<SigningKey> SigningKey::load_or_create(const std::string& path) {
  const File file(std::fopen(path.c_str(), "re"));
  if (!file && errno != ENOENT) return cannot("read", path, errno);
  if (!file) {
    Handle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (Result<void> written = write_key(key.get(), path); !written) return fail(written.error());
    return SigningKey(std::move(key));
  }
  struct stat status{};
  if (fstat(fileno(file.get()), &status) != 0) return cannot("read", path, errno);
  if ((status.st_mode & 077) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("others may read the execution log's signing key {}, so anybody could "
                            "sign a changed log: chmod 600 it",
                            path));
  }
  Handle key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is no Ed25519 key in PEM; make one with: openssl genpkey -algorithm "
                    "ed25519 -out FILE",
                    path));
  }
  return SigningKey(std::move(key));
}

Signature SigningKey::sign(std::string_view message) const {
  Signature signature{};
  std::size_t size = signature.size();
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get());
  EVP_DigestSign(context, signature.data(), &size,
                 reinterpret_cast<const unsigned char*>(message.data()), message.size());
  EVP_MD_CTX_free(context);
  return signature;
}

bool is_signed_by(const PublicKey& key, std::string_view message, const Signature& signature) {
  EVP_PKEY* const handle =
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size());
  if (handle == nullptr) return false;
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const bool good =
      EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, handle) == 1 &&
      EVP_DigestVerify(context, signature.data(), signature.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(handle);
  return good;
}

}  // namespace larkspur::execlog
