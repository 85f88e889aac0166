// Sessions of the legacy era, as mcp/server needs them. Where they are kept is not its business:
// the gateway keeps them in memory today, a fleet may share them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "mcp/auth/authenticator.h"
#include "mcp/protocol.h"

namespace larkspur::mcp {

// What changes in the life of a session. Any loop.
struct SessionState {
  std::atomic<int> log_severity = -1;  // of logging/setLevel; -1 before there was one
  // Open streams and running calls: as long as there are some, the session is not idle.
  std::atomic<int> in_use = 0;
  // When it was used last, in ticks of SteadyClock.
  std::atomic<std::int64_t> last_used = SteadyClock::now().time_since_epoch().count();
};

// Keeps a session from being idle, and begins its idle time anew at the end.
class SessionUse {
 public:
  explicit SessionUse(std::shared_ptr<SessionState> state) : state_(std::move(state)) {
    ++state_->in_use;
  }
  ~SessionUse() {
    state_->last_used = SteadyClock::now().time_since_epoch().count();
    --state_->in_use;
  }
  SessionUse(const SessionUse&) = delete;
  SessionUse& operator=(const SessionUse&) = delete;

 private:
  std::shared_ptr<SessionState> state_;
};

// What a session is; never changes after creation but for its state.
struct Session {
  std::string id;  // visible ASCII, unguessable
  std::string protocol_version;
  Implementation client;
  std::string client_capabilities;  // raw JSON object
  std::string principal;
  std::shared_ptr<SessionState> state = std::make_shared<SessionState>();
};

// The messages of a session's GET stream. Dropping it ends the subscription.
class SessionStream {
 public:
  virtual ~SessionStream() = default;
  // The next raw JSON-RPC message; nullopt when `until` has passed or the session has ended
  // (ended()).
  virtual Async<std::optional<std::string>> next(SteadyClock::time_point until) = 0;
  virtual bool ended() const = 0;
};

// Any loop.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  // `session.id` is filled in. Visible on every loop when this returns.
  virtual Async<std::shared_ptr<const Session>> create(Session session) = 0;
  // nullptr for an unknown, ended or expired id. Counts as activity. Takes no lock.
  virtual std::shared_ptr<const Session> find(std::string_view id) = 0;
  // False when there was none.
  virtual Async<bool> remove(std::string id) = 0;
  // The stream of server messages; a second one on the same session replaces the first.
  virtual std::unique_ptr<SessionStream> open_stream(const Session& session) = 0;
};

// Server messages for modern clients that listen (subscriptions/listen): the same, with no session.
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  // Gives every list_changed, and the updates of the resources `uris`, as raw notifications. Those
  // URIs that `who` may not read are taken out.
  virtual std::unique_ptr<SessionStream> subscribe(const Identity& who,
                                                   std::vector<std::string>& uris) = 0;
};

}  // namespace larkspur::mcp
