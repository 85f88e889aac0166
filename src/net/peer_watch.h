// The connections of one loop whose handlers run and want to know when the peer leaves. To wait for
// that costs a system call, and most handlers have answered long before anybody could leave, so
// only those that have run for a while are watched. Lives on its loop. Internal to net/.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <vector>

#include "net/deadline.h"

namespace larkspur::net {

class HttpConnection;

class PeerWatch {
 public:
  // Between the begin of a handler and that of its watch: one to two of these.
  static constexpr std::chrono::milliseconds kTick{10};
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  explicit PeerWatch(Executor executor) : tick_(executor, [this] { look(); }) {}

  // Until remove(), or until watch_peer() of the connection is called. `place` is the connection's,
  // which keeps it; kNowhere when it is not in here.
  void add(HttpConnection& connection, std::size_t& place);
  void remove(std::size_t& place);

 private:
  struct Waiting {
    HttpConnection* connection;
    std::size_t* place;
    bool seen = false;  // at an earlier tick
  };

  void look();

  std::vector<Waiting> waiting_;
  Deadline tick_;
};

}  // namespace larkspur::net
