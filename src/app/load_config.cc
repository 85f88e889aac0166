#include "app/load_config.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace larkspur::app {

config::Checked<config::Config> load_config(const ConfigOptions& options,
                                            const config::LoadOptions& how) {
  if (options.file.empty() && options.mcp_servers.empty()) {
    return std::unexpected(config::Problems{
        {.message = "no configuration: give a YAML file, or backends with --mcp-servers FILE"}});
  }
  config::LoadOptions with_servers = how;
  config::Problems warnings;
  if (!options.mcp_servers.empty()) {
    auto servers = config::read_mcp_servers(options.mcp_servers, how);
    if (!servers) return std::unexpected(std::move(servers.error()));
    with_servers.more_backends = std::move(servers->value);
    warnings = std::move(servers->warnings);
  }
  auto loaded = options.file.empty() ? config::load_text("", options.mcp_servers, with_servers)
                                     : config::load_file(options.file, with_servers);
  if (loaded) std::ranges::move(warnings, std::back_inserter(loaded->warnings));
  return loaded;
}

std::string default_log_directory() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
    return std::string(state) + "/larkspur";
  }
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/state/larkspur";
}

}  // namespace larkspur::app
