// Sessions of legacy clients, kept in memory. Every loop has its own table of the same sessions, so
// looking one up takes no lock; creating and ending one visits every loop. When a session ends is
// decided on loop 0.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/clients/streams.h"
#include "mcp/server/sessions.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct SessionLimits {
  // A session ends when nobody has used it for so long. One with an open stream or a running call
  // is in use.
  std::chrono::milliseconds idle{30 * 60'000};
  // A new session beyond these takes the place of one that has been idle for long.
  std::size_t count = 10'000;
};

class MemorySessions : public mcp::SessionStore {
 public:
  MemorySessions(net::Loops& loops, Streams& streams, SessionLimits limits = {});
  ~MemorySessions() override;

  Async<std::shared_ptr<const mcp::Session>> create(mcp::Session session) override;
  std::shared_ptr<const mcp::Session> find(std::string_view id) override;
  Async<bool> remove(std::string id) override;
  std::unique_ptr<mcp::SessionStream> open_stream(const mcp::Session& session) override;

  // Called on some loop, once, with the id of a session that has ended. Before serving starts.
  void set_on_end(std::function<void(const std::string& id)> on_end) {
    on_end_ = std::move(on_end);
  }

  // How many there are. Any thread.
  std::size_t count() const { return count_; }

 private:
  struct Entry;
  struct IdHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Table = std::unordered_map<std::string, std::shared_ptr<Entry>, IdHash, std::equal_to<>>;
  // By the time at which they end unless they are used again. A use does not move its session: that
  // is found out when the time has come, so that each session is looked at once in its idle time.
  using Due = std::multimap<SteadyClock::time_point, std::shared_ptr<Entry>>;

  Async<void> on_every_loop(std::function<void(std::size_t loop, Table&)> change);

  // On loop 0.
  void file(const std::shared_ptr<Entry>& entry);
  void unfile(const std::shared_ptr<Entry>& entry);
  void make_room();
  void arm();
  void sweep();
  void end(const std::shared_ptr<Entry>& entry);
  SteadyClock::time_point due_of(const Entry& entry, SteadyClock::time_point now) const;

  net::Loops& loops_;
  Streams& streams_;
  SessionLimits limits_;
  std::function<void(const std::string& id)> on_end_ = [](const std::string&) {};
  std::shared_ptr<std::vector<Table>> tables_;  // one for each loop
  Due due_;                                     // on loop 0
  Timer next_;                                  // for the first of them
  bool armed_ = false;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace larkspur::gateway
