#include "execlog/store/log_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <ranges>
#include <sstream>
#include <system_error>

#include "base/random.h"
#include "base/text.h"

namespace larkspur::execlog {

namespace {

std::unexpected<Error> cannot(std::string_view what, const std::string& path, int error) {
  return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", what, path,
                          std::error_code(error, std::generic_category()).message()));
}

// In one piece, or as it was before.
Result<void> replace_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const int descriptor = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot("write", fresh, errno);
  const ssize_t written = write(descriptor, text.data(), text.size());
  const int error = written < 0 ? errno : ENOSPC;
  close(descriptor);
  if (written != static_cast<ssize_t>(text.size())) return cannot("write", fresh, error);
  if (rename(fresh.c_str(), path.c_str()) != 0) return cannot("replace", path, errno);
  return {};
}

}  // namespace

std::string default_signing_key(const std::string& directory) {
  return directory + "/signing-key.pem";
}

std::string public_keys_path(const std::string& directory) {
  return directory + "/public-keys";
}

std::string head_path(const std::string& directory) {
  return directory + "/head";
}

Result<std::string> read_small_file(const std::string& path) {
  constexpr std::size_t kMax = 1024 * 1024;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return cannot("read", path, errno != 0 ? errno : EIO);
  std::string text(kMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Result<std::vector<PublicKey>> read_public_keys(const std::string& path) {
  Result<std::string> text = read_small_file(path);
  if (!text) return fail(std::move(text.error()));
  std::vector<PublicKey> keys;
  for (const auto line : std::views::split(*text, '\n')) {
    const std::string_view hex(line.begin(), line.end());
    if (hex.empty()) continue;
    const auto key = hash_from_hex(hex);
    if (!key) {
      return fail(ErrorCode::kParse, fmt::format("{}: '{}' is no public key of 64 hex digits", path,
                                                 printable(truncate_utf8(hex, 80))));
    }
    keys.push_back(*key);
  }
  return keys;
}

Result<void> publish_key(const std::string& directory, const PublicKey& key) {
  const std::string path = public_keys_path(directory);
  Result<std::vector<PublicKey>> keys = read_public_keys(path);
  if (!keys && keys.error().code != ErrorCode::kNotFound) return fail(keys.error());
  if (!keys) keys.emplace();
  if (std::ranges::find(*keys, key) != keys->end()) return {};
  keys->push_back(key);
  std::string text;
  for (const PublicKey& each : *keys) text += to_hex(each) + '\n';
  return replace_file(path, text);
}

Result<void> publish_head(const std::string& directory, const SignedCheckpoint& checkpoint) {
  return replace_file(head_path(directory), to_text(checkpoint));
}

}  // namespace larkspur::execlog
