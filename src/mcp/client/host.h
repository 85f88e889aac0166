// What a connection needs of the client that it belongs to: the options, ids for its requests, the
// calls in flight, and where the messages go that answer none of them. Shared, because connections
// and calls may outlive the client for a moment; once the client is gone nothing of the owner's is
// called any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "mcp/client/client.h"
#include "mcp/client/incoming.h"
#include "mcp/client/outgoing.h"
#include "mcp/client/patience.h"

namespace larkspur::mcp {

using NotificationSink = std::function<void(std::string_view method, std::string_view params)>;

// A request of ours that the server is at work on; lives in the frame of its exchange.
struct CallInFlight {
  const CallOptions& options;
  std::shared_ptr<Patience> patience;
};

class Host {
 public:
  explicit Host(ClientOptions options)
      : options_(std::move(options)), stamp_(options_.client, options_.capabilities) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const ClientOptions& options() const { return options_; }
  const Stamp& stamp() const { return stamp_; }

  // Serves as the progress token of the request, too.
  std::int64_t next_id() { return next_id_++; }

  // From now on every callback of the options is silent.
  void leave() { gone_ = true; }
  bool gone() const { return gone_; }

  // A connection that listens has learned that it is lost, and nobody may call soon.
  void set_on_lost(std::function<void()> on_lost) { on_lost_ = std::move(on_lost); }
  void lost() const {
    if (!gone_ && on_lost_) on_lost_();
  }

  void log(std::string_view line) const;

  // Progress goes to the call whose token it carries, log messages to the call on whose own stream
  // they came (`of_call`; null where the transport does not tell: then to the only one that it can
  // be), everything else to the owner of the client.
  void deliver(const Incoming& notification, const CallInFlight* of_call) const;

  // To the owner: what was heard before may be out of date, for nobody listened for a while.
  void tools_may_have_changed() const;

  // The URIs whose updates are wanted; see Client::watch().
  const std::set<std::string>& watched() const { return watched_; }
  void set_watched(std::set<std::string> uris) { watched_ = std::move(uris); }

  // While it lives, the call is in flight under `id`, which is its progress token, too.
  class Route {
   public:
    Route(Host& host, std::int64_t id, const CallInFlight& call) : host_(host), id_(id) {
      host_.calls_.emplace(id, &call);
    }
    Route(const Route&) = delete;
    Route& operator=(const Route&) = delete;
    ~Route() { host_.calls_.erase(id_); }

   private:
    Host& host_;
    std::int64_t id_;
  };

  // The call that a message belongs to which names none: a call in flight of the only caller that
  // has any; null where several have, or nobody. Messages of one caller never reach another.
  const CallInFlight* only_callers_call() const;

 private:
  void deliver_progress(const Incoming& notification) const;

  ClientOptions options_;
  Stamp stamp_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, const CallInFlight*> calls_;
  std::set<std::string> watched_;
  std::function<void()> on_lost_;
  bool gone_ = false;
};

}  // namespace larkspur::mcp
