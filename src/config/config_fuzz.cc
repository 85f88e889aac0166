// Whatever bytes a file holds, loading it ends, and ends in a configuration or in problems.
#include <cstdlib>
#include <string_view>

#include "config/load.h"

// libfyaml 0.7.12 forgets a token or two on some malformed texts. A configuration is read once or a
// few times in a process's life, so that is no reason to stop fuzzing for crashes and hangs.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace larkspur::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  LoadOptions options;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "HOME" ? std::optional<std::string>("/home/fuzz") : std::nullopt;
  };
  // A fuzzer must not read the files that its input names.
  options.resolve_secrets = false;
  const auto loaded = load_text(text, "f.yaml", options);
  if (!loaded && loaded.error().empty()) std::abort();
  const auto servers = read_mcp_servers_text(text, "mcp.json", options);
  if (!servers && servers.error().empty()) std::abort();
  return 0;
}
