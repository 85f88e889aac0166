// What a connection needs of the client that it belongs to: the options, ids for its requests, and
// where the messages go that answer no request. Shared, because connections and calls may outlive
// the client for a moment; once the client is gone nothing of the owner's is called any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "mcp/client/client.h"
#include "mcp/client/incoming.h"
#include "mcp/client/outgoing.h"

namespace larkspur::mcp {

using NotificationSink = std::function<void(std::string_view method, std::string_view params)>;

class Host {
 public:
  explicit Host(ClientOptions options) : options_(std::move(options)), stamp_(options_.client) {}
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

  // Progress goes to the call whose token it carries, log messages on a call's own stream to that
  // call
  // (`of_call`, may be null), everything else to the owner of the client.
  void deliver(const Incoming& notification, const NotificationSink* of_call) const;

  // To the owner: what was heard before may be out of date, for nobody listened for a while.
  void tools_may_have_changed() const;

  // While it lives, progress for `token` goes to `sink`. Asks for nothing when `sink` is empty.
  class ProgressRoute {
   public:
    ProgressRoute(Host& host, std::int64_t token, const NotificationSink& sink);
    ProgressRoute(const ProgressRoute&) = delete;
    ProgressRoute& operator=(const ProgressRoute&) = delete;
    ~ProgressRoute() { host_.progress_.erase(token_); }

   private:
    Host& host_;
    std::int64_t token_;
  };

 private:
  void deliver_progress(const Incoming& notification) const;

  ClientOptions options_;
  Stamp stamp_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, const NotificationSink*> progress_;
  std::function<void()> on_lost_;
  bool gone_ = false;
};

}  // namespace larkspur::mcp
