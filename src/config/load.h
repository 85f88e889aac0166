// From files to a checked Config. Everything wrong with a file is reported at once (up to
// kMaxProblems), each with its place and what to do about it. Any thread; reads files and the
// environment, so not for an event loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace larkspur::config {

inline constexpr std::size_t kMaxProblems = 20;
inline constexpr std::size_t kMaxFileBytes = kMiB;

struct Problem {
  std::string file;
  std::uint32_t line = 0;    // from 1; 0: the whole file
  std::uint32_t column = 0;  // from 1, in bytes
  std::string message;

  // "larkspur.yaml:12:5: unknown key 'backend'; did you mean 'backends'?"
  std::string to_string() const;
};
using Problems = std::vector<Problem>;

template <class T>
struct Loaded {
  T value;
  Problems warnings;  // things that work but should be changed
};
template <class T>
using Checked = std::expected<Loaded<T>, Problems>;

// What the references in a file are looked up in; tests bring their own.
struct LoadOptions {
  // The value of an environment variable; nullopt when it is not set. Default: the process's own.
  std::function<std::optional<std::string>(const std::string&)> environment;
  // false: `env:` and `file:` are checked for their form only, and stay empty (larkspur check on a
  // machine that has none of the secrets).
  bool resolve_secrets = true;
  // Backends from elsewhere (read_mcp_servers). They come after those of the file, and its keys may
  // name them.
  std::vector<Backend> more_backends;
};

Checked<Config> load_file(const std::filesystem::path& path, const LoadOptions& options = {});
Checked<Config> load_text(std::string_view yaml, std::string_view filename,
                          const LoadOptions& options = {});

// The mcpServers JSON of MCP clients: {"mcpServers": {NAME: {"command", "args", "env", "cwd"} or
// {"url", "headers", "type"}}}. Members that only a client needs ("disabled", "alwaysAllow", ...)
// are allowed; a disabled server is left out.
Checked<std::vector<Backend>> read_mcp_servers(const std::filesystem::path& path,
                                               const LoadOptions& options = {});
Checked<std::vector<Backend>> read_mcp_servers_text(std::string_view json,
                                                    std::string_view filename,
                                                    const LoadOptions& options = {});

// docs/reference/configuration.md, printed from the table that the parser reads by.
std::string reference_markdown();

}  // namespace larkspur::config
