// The connections to one backend that live on one loop. What a server keeps for a connection (a
// legacy session, a process of its own) must not be seen by two principals, so each of them has a
// connection of its own there; the shared one serves listing, anonymous callers, and servers of the
// modern era, which keep nothing between requests.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "mcp/client/client.h"

namespace larkspur::gateway {

// One connection.
struct Seat {
  std::unique_ptr<mcp::Client> client;
  // On its own loop: the most verbose log level that this connection has been asked for.
  const mcp::ServerFacts* told = nullptr;
  std::string level;
  SteadyClock::time_point last_used{};
};

struct SeatOptions {
  // Makes a client that is not connected yet. `shared`: the one that everybody shares.
  std::function<std::unique_ptr<mcp::Client>(bool shared)> dial;
  bool for_everybody = false;        // never one for a principal
  bool stateless_if_modern = false;  // over HTTP: sessions are of the legacy era
  std::chrono::milliseconds idle{std::chrono::minutes(10)};  // then a principal's is closed
  std::size_t max_owned = 256;
};

// All on its loop but shared(), whose client knows its own rules.
class BackendSeats {
 public:
  BackendSeats(Executor executor, SeatOptions options);

  const Executor& executor() const { return executor_; }
  Seat& shared() { return *shared_; }

  // The seat for a principal's requests ("": nobody in particular), held while they run. kLimit
  // when there are too many that all are in use.
  Async<Result<std::shared_ptr<Seat>>> take(std::string owner);

  std::size_t owned() const { return owned_.size(); }
  Async<void> close();

 private:
  bool make_room();
  void close_idle(SteadyClock::time_point since);
  void watch_idle();
  void let_go(std::shared_ptr<Seat> seat);

  Executor executor_;
  SeatOptions options_;
  std::shared_ptr<Seat> shared_;
  std::map<std::string, std::shared_ptr<Seat>> owned_;
  Timer idle_timer_;
  bool watching_ = false;
};

}  // namespace larkspur::gateway
