// Sessions of legacy clients, kept in memory. Every loop has its own table of the same sessions, so
// looking one up takes no lock; creating and ending one visits every loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/streams.h"
#include "mcp/server/sessions.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct SessionLimits {
  std::chrono::seconds idle{30 * 60};
  std::size_t count =
      10'000;  // a new session beyond it takes the place of the one idle for longest
};

class MemorySessions : public mcp::SessionStore {
 public:
  MemorySessions(net::Loops& loops, Streams& streams, SessionLimits limits = {});
  ~MemorySessions() override;

  Async<std::shared_ptr<const mcp::Session>> create(mcp::Session session) override;
  std::shared_ptr<const mcp::Session> find(std::string_view id) override;
  Async<bool> remove(std::string id) override;
  std::unique_ptr<mcp::SessionStream> open_stream(const mcp::Session& session) override;

  // Called on some loop, maybe more than once, with the id of a session that has ended. Before
  // serving starts.
  void set_on_end(std::function<void(const std::string& id)> on_end) {
    on_end_ = std::move(on_end);
  }

  // Of the calling loop's table; the tables agree but for what is on its way.
  std::size_t count() const;

 private:
  struct Entry;
  struct IdHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Table = std::unordered_map<std::string, std::shared_ptr<Entry>, IdHash, std::equal_to<>>;

  void drop_expired(Table& table);
  Async<void> on_every_loop(std::function<void(Table&)> change);

  net::Loops& loops_;
  Streams& streams_;
  SessionLimits limits_;
  std::function<void(const std::string& id)> on_end_ = [](const std::string&) {};
  std::shared_ptr<std::vector<Table>> tables_;  // one for each loop
};

}  // namespace larkspur::gateway
