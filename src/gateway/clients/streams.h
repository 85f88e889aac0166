// Messages from the gateway to clients that listen: the GET streams of legacy sessions and the
// subscriptions of modern clients. Each loop keeps its own streams; a broadcast visits every loop.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/server/sessions.h"
#include "net/loops.h"

namespace larkspur::gateway {

class Streams {
 public:
  explicit Streams(net::Loops& loops);
  ~Streams();

  // A stream on the calling loop. One with a session id takes the place of an earlier one of the
  // same session, wherever that lives.
  std::unique_ptr<mcp::SessionStream> open(std::string session_id);

  // Any thread. `method` to everybody.
  void broadcast(std::string_view method);
  // Any thread. A whole notification to the streams of these sessions, and to all that have none:
  // modern subscribers choose for themselves.
  void send(std::string notification, std::set<std::string> sessions);
  // Any thread. The same to this session alone.
  void send_to_session(std::string notification, std::string session_id);
  // Any thread. Ends the streams of one session.
  void end_session(std::string session_id);
  // Any thread. Ends all, for shutdown.
  void end_all();

 private:
  class Stream;
  struct PerLoop;

  net::Loops& loops_;
  std::shared_ptr<std::vector<PerLoop>> per_loop_;  // shared with tasks that are on their way
};

}  // namespace larkspur::gateway
