// The program put together: the only place that knows all rooms.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace larkspur::app {

class Server {
 public:
  // Opens the log and telemetry and makes every room; nothing runs yet. The error says what could
  // not be opened and why.
  static Result<std::unique_ptr<Server>> create(config::Config config);
  ~Server();

  // Serves HTTP until SIGINT or SIGTERM, then ends politely: streams, running calls (for some
  // seconds), sessions at backends, child processes, the log. The error: the address cannot be
  // bound.
  Result<void> serve_http();

  // Serves one client on standard input and output until the input ends.
  Result<void> serve_stdio();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace larkspur::app
