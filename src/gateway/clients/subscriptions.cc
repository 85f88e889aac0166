#include "gateway/clients/subscriptions.h"

#include <atomic>
#include <boost/asio/post.hpp>

#include "json/value.h"
#include "mcp/message.h"
#include "mcp/server/listen.h"

namespace larkspur::gateway {

namespace {

std::string next_listener() {
  static std::atomic<std::uint64_t> last = 0;
  return "l:" + std::to_string(++last);
}

}  // namespace

// A modern client's stream, which holds its resources as long as it is open.
class Subscriptions::Listener : public mcp::SessionStream {
 public:
  Listener(std::unique_ptr<mcp::SessionStream> stream, Subscriptions& books, std::string holder)
      : stream_(std::move(stream)), books_(books), holder_(std::move(holder)) {}
  ~Listener() override { books_.let_go(holder_, ""); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Async<std::optional<std::string>> next(SteadyClock::time_point until) override {
    return stream_->next(until);
  }
  bool ended() const override { return stream_->ended(); }

 private:
  std::unique_ptr<mcp::SessionStream> stream_;
  Subscriptions& books_;
  std::string holder_;
};

Subscriptions::Subscriptions(net::Loops& loops, Streams& streams, RoutedContent& content)
    : loops_(loops), streams_(streams), content_(content) {}

std::shared_ptr<const call::Content> Subscriptions::find(const call::Caller& caller,
                                                         std::string_view uri) const {
  return content_.find_allowed(caller, call::ContentKind::kResource, uri);
}

bool Subscriptions::subscribe(const call::Caller& caller, std::string uri) {
  const auto content = find(caller, uri);
  if (!content) return false;
  hold("s:" + caller.session_id, std::move(uri), content->source);
  return true;
}

void Subscriptions::unsubscribe(std::string session_id, std::string uri) {
  let_go("s:" + session_id, std::move(uri));
}

void Subscriptions::end_session(std::string session_id) {
  let_go("s:" + session_id, "");
}

std::unique_ptr<mcp::SessionStream> Subscriptions::subscribe(const mcp::Identity& who,
                                                             std::vector<std::string>& uris) {
  call::Caller caller;
  caller.principal = who.principal;
  caller.issuer = who.issuer;
  caller.scopes = who.scopes;
  const std::string holder = next_listener();
  bool holds = false;
  std::erase_if(uris, [&](const std::string& uri) {
    const auto content = find(caller, uri);
    if (!content) return true;
    hold(holder, uri, content->source);
    holds = true;
    return false;
  });
  auto stream = streams_.open({});
  if (!holds) return stream;
  return std::make_unique<Listener>(std::move(stream), *this, holder);
}

void Subscriptions::hold(std::string holder, std::string uri, std::string backend) {
  asio::post(loops_.executor(0), [this, holder = std::move(holder), uri = std::move(uri),
                                  backend = std::move(backend)] {
    std::size_t held = 0;
    for (const auto& [each, wanted] : wanted_) held += wanted.holders.contains(holder);
    if (held >= kMaxPerHolder) return;
    Wanted& wanted = wanted_[uri];
    const bool first = wanted.holders.empty();
    wanted.backend = backend;
    wanted.holders.insert(holder);
    if (first) tell_backends();
  });
}

void Subscriptions::let_go(std::string holder, std::string uri) {
  asio::post(loops_.executor(0), [this, holder = std::move(holder), uri = std::move(uri)] {
    bool last = false;
    for (auto each = wanted_.begin(); each != wanted_.end();) {
      auto& holders = each->second.holders;
      const bool gone =
          (uri.empty() || each->first == uri) && holders.erase(holder) > 0 && holders.empty();
      last |= gone;
      each = gone ? wanted_.erase(each) : std::next(each);
    }
    if (last) tell_backends();
  });
}

void Subscriptions::tell_backends() {
  for (Backend* backend : backends_) {
    std::set<std::string> uris;
    for (const auto& [uri, wanted] : wanted_) {
      if (wanted.backend == backend->facts().name) uris.insert(uri);
    }
    backend->watch(std::move(uris));
  }
}

void Subscriptions::updated(std::string_view params) {
  asio::post(loops_.executor(0), [this, params = std::string(params)] {
    const auto document = json::Document::parse(params);
    if (!document) return;
    const std::string_view uri = document->root()["uri"].string();
    std::set<std::string> sessions;
    bool anybody = false;
    for (const auto& [watched, wanted] : wanted_) {
      if (!mcp::server::is_update_of(uri, watched)) continue;
      anybody = true;
      for (const std::string& holder : wanted.holders) {
        if (holder.starts_with("s:")) sessions.insert(holder.substr(2));
      }
    }
    if (!anybody) return;
    streams_.send(mcp::notification_message("notifications/resources/updated", params),
                  std::move(sessions));
  });
}

}  // namespace larkspur::gateway
