#include <cstdio>

#include "app/commands.h"
#include "app/load_config.h"
#include "app/server.h"

namespace larkspur::app {

int serve(const ServeOptions& options) {
  auto loaded = load_config(options.config);
  if (!loaded) {
    for (const config::Problem& each : loaded.error()) {
      std::fprintf(stderr, "%s\n", each.to_string().c_str());
    }
    return kCouldNot;
  }
  for (const config::Problem& each : loaded->warnings) {
    std::fprintf(stderr, "warning: %s\n", each.to_string().c_str());
  }
  config::Config config = std::move(loaded->value);
  if (options.port >= 0) config.listen.port = static_cast<std::uint16_t>(options.port);
  if (options.code_mode) config.code_mode.enabled = true;

  auto server = Server::create(std::move(config));
  if (!server) {
    std::fprintf(stderr, "larkspur serve: %s\n", server.error().message.c_str());
    return kCouldNot;
  }
  const Result<void> served = options.stdio ? (*server)->serve_stdio() : (*server)->serve_http();
  if (!served) {
    std::fprintf(stderr, "larkspur serve: %s\n", served.error().message.c_str());
    return kCouldNot;
  }
  return kYes;
}

}  // namespace larkspur::app
