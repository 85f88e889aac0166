// Who wants to hear of updates to which resources. A backend is asked to watch a resource as long
// as anybody wants it: the first one subscribes there, the last one unsubscribes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/backends/backend.h"
#include "gateway/clients/streams.h"
#include "gateway/path/routed_content.h"
#include "mcp/server/sessions.h"

namespace larkspur::gateway {

// Any thread, but for what says otherwise; the books are kept on loop 0.
class Subscriptions : public mcp::ChangeFeed {
 public:
  static constexpr std::size_t kMaxPerHolder = 1'000;

  // All outlive this.
  Subscriptions(net::Loops& loops, Streams& streams, RoutedContent& content);

  // Before serving starts. `backend` outlives this.
  void add(Backend& backend) { backends_.push_back(&backend); }

  // Of a session. On a loop: whether the resource exists for this caller is found out there.
  bool subscribe(const call::Caller& caller, std::string uri);
  void unsubscribe(std::string session_id, std::string uri);
  void end_session(std::string session_id);

  // notifications/resources/updated of a backend.
  void updated(std::string_view params);

  std::unique_ptr<mcp::SessionStream> subscribe(const mcp::Identity& who,
                                                std::vector<std::string>& uris) override;

 private:
  struct Wanted {
    std::string backend;
    std::set<std::string> holders;  // "s:" and a session, or "l:" and a number
  };
  class Listener;

  std::shared_ptr<const call::Content> find(const call::Caller& caller, std::string_view uri) const;
  void hold(std::string holder, std::string uri, std::string backend);
  void let_go(std::string holder, std::string uri);  // "" for all of the holder's
  void tell_backends();

  net::Loops& loops_;
  Streams& streams_;
  RoutedContent& content_;
  std::vector<Backend*> backends_;
  std::map<std::string, Wanted> wanted_;  // by URI; loop 0
};

}  // namespace larkspur::gateway
