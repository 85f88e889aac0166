#include "config/secret_ref.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/text.h"
#include "config/report.h"

namespace larkspur::config {

namespace {

constexpr std::size_t kMaxSecretBytes = 64 * 1024;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "Bearer env:X" -> {"Bearer ", "env:X"}; no scheme: {"", text}.
std::pair<std::string_view, std::string_view> split_scheme(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0) return {"", text};
  const std::string_view scheme = text.substr(0, space);
  const std::string_view rest = text.substr(space + 1);
  const bool is_reference = rest.starts_with("env:") || rest.starts_with("file:");
  if (!is_reference || !std::ranges::all_of(scheme, is_letter)) return {"", text};
  return {text.substr(0, space + 1), rest};
}

}  // namespace

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

bool names_credential(std::string_view name) {
  static constexpr std::array<std::string_view, 16> kWords{
      "authorization", "auth",        "token",       "secret",   "password", "passwd",
      "apikey",        "key",         "credential",  "cookie",   "pat",      "passphrase",
      "privatekey",    "credentials", "accesstoken", "authtoken"};
  const std::string lower = to_lower(name);
  std::string_view rest = lower;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("-_."), rest.size());
    if (std::ranges::find(kWords, rest.substr(0, end)) != kWords.end()) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::expected<Secret, std::string> SecretResolver::resolve(std::string_view name,
                                                           std::string_view text) const {
  const auto [scheme, rest] = split_scheme(text);
  std::expected<std::string, std::string> value;
  if (rest.starts_with("env:")) {
    value = from_environment(std::string(rest.substr(4)));
  } else if (rest.starts_with("file:")) {
    value = from_file(rest.substr(5));
  } else if (names_credential(name)) {
    return std::unexpected(fmt::format(
        "a secret must not stand in the file; write env:NAME or file:PATH (a word may go "
        "in front: Bearer env:NAME)"));
  } else {
    value = rest.starts_with("plain:") ? rest.substr(6) : rest;
  }
  if (!value) return std::unexpected(value.error());
  if (has_control_character(*value)) return std::unexpected(std::string(kControlCharacterMessage));
  return Secret(fmt::format("{}{}", scheme, *value));
}

std::optional<std::string> SecretResolver::environment(const std::string& name) const {
  if (options_.environment) return options_.environment(name);
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::expected<std::string, std::string> SecretResolver::from_environment(
    const std::string& name) const {
  constexpr auto kInName = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
  };
  if (name.empty() || !std::ranges::all_of(name, kInName)) {
    return std::unexpected("env: needs the name of a variable after it");
  }
  if (!options_.resolve_secrets) return "";
  const auto value = environment(name);
  if (!value) {
    return std::unexpected(fmt::format(
        "the environment variable {} is not set; set it, or mend the name", in_quotes(name)));
  }
  if (value->empty()) {
    return std::unexpected(fmt::format("the environment variable {} is empty", in_quotes(name)));
  }
  return *value;
}

std::expected<std::string, std::string> SecretResolver::from_file(std::string_view path) const {
  if (path.empty()) return std::unexpected("file: needs a path after it");
  if (!options_.resolve_secrets) return "";
  auto text = read_file(directory_ / path, kMaxSecretBytes);
  if (!text) {
    return std::unexpected(
        fmt::format("cannot read the file {}: {}", in_quotes(path), text.error()));
  }
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return std::unexpected(fmt::format("the file {} is empty", in_quotes(path)));
  return *text;
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t max_bytes) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return std::unexpected("it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(std::strerror(errno == 0 ? EIO : errno));
  std::string text(max_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > max_bytes) {
    return std::unexpected(fmt::format("it is larger than {} bytes", max_bytes));
  }
  return text;
}

}  // namespace larkspur::config
