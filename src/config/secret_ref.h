// Secrets stand in no configuration file: a value names where the secret is.
//   env:NAME           the environment variable NAME
//   file:PATH          the text of a file without its last line break; relative to the
//   configuration Bearer env:NAME    one word, a space, then a reference plain:TEXT         TEXT as
//   it is, for a text that only looks like a reference anything else      as it is, but refused
//   under a name that credentials go by
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/load.h"
#include "config/secret.h"

namespace larkspur::config {

// Authorization, X-Api-Key, GITHUB_TOKEN, DB_PASSWORD, ...: the name's words say "credential".
bool names_credential(std::string_view name);

// No header and no environment variable may hold one of these: it could forge a second header.
bool has_control_character(std::string_view text);
inline constexpr std::string_view kControlCharacterMessage =
    "the value holds a control character, such as a line break";

class SecretResolver {
 public:
  // `options` outlives the resolver. `directory`: what file: paths are relative to.
  SecretResolver(const LoadOptions& options, std::filesystem::path directory)
      : options_(options), directory_(std::move(directory)) {}

  // The error is a message that names the variable or file and never holds a value.
  std::expected<Secret, std::string> resolve(std::string_view name, std::string_view text) const;

  std::optional<std::string> environment(const std::string& name) const;

 private:
  std::expected<std::string, std::string> from_environment(const std::string& name) const;
  std::expected<std::string, std::string> from_file(std::string_view path) const;

  const LoadOptions& options_;
  std::filesystem::path directory_;
};

// The text of a file, at most `max_bytes`. The error says what the system said.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t max_bytes);

}  // namespace larkspur::config
