// Where whole messages go on their way to the client: an event stream, or a line on standard
// output.
#pragma once

#include <string_view>

#include "base/async.h"

namespace larkspur::mcp::server {

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // `message` is one JSON text on one line. Messages do not interleave. False when the peer has
  // left.
  virtual Async<bool> send(std::string_view message) = 0;
};

}  // namespace larkspur::mcp::server
