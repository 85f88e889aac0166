#include "gateway/clients/streams.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "json/writer.h"

namespace larkspur::gateway {

namespace {

// A client that does not read loses messages rather than filling our memory. A list_changed that is
// lost among 64 others says nothing that those do not say.
constexpr std::size_t kMaxWaiting = 64;

std::string notification(std::string_view method) {
  json::Writer writer;
  writer.begin_object().key("jsonrpc").string("2.0").key("method").string(method).end_object();
  return writer.take();
}

}  // namespace

struct Streams::PerLoop {
  std::vector<Stream*> streams;
};

class Streams::Stream : public mcp::SessionStream {
 public:
  Stream(std::shared_ptr<std::vector<PerLoop>> per_loop, std::size_t home, Executor executor,
         std::string session_id)
      : per_loop_(std::move(per_loop)),
        home_(home),
        session_id_(std::move(session_id)),
        wake_(executor, SteadyClock::time_point::max()) {
    (*per_loop_)[home_].streams.push_back(this);
  }
  ~Stream() override { std::erase((*per_loop_)[home_].streams, this); }

  Async<std::optional<std::string>> next(SteadyClock::time_point until) override {
    while (waiting_.empty() && !ended_) {
      if (SteadyClock::now() >= until) co_return std::nullopt;
      wake_.expires_at(until);
      co_await wake_.async_wait(kAwaitTuple);
    }
    if (waiting_.empty()) co_return std::nullopt;
    std::string message = std::move(waiting_.front());
    waiting_.pop_front();
    co_return message;
  }
  bool ended() const override { return ended_ && waiting_.empty(); }

  void put(const std::string& message) {
    if (ended_ || waiting_.size() >= kMaxWaiting) return;
    waiting_.push_back(message);
    wake_.cancel();
  }
  void end() {
    ended_ = true;
    wake_.cancel();
  }
  const std::string& session_id() const { return session_id_; }

 private:
  std::shared_ptr<std::vector<PerLoop>> per_loop_;
  std::size_t home_;
  std::string session_id_;
  Timer wake_;
  std::deque<std::string> waiting_;
  bool ended_ = false;
};

Streams::Streams(net::Loops& loops)
    : loops_(loops), per_loop_(std::make_shared<std::vector<PerLoop>>(loops.size())) {}
Streams::~Streams() = default;

std::unique_ptr<mcp::SessionStream> Streams::open(std::string session_id) {
  const std::size_t here = net::Loops::here();
  auto stream = std::make_unique<Stream>(per_loop_, here, loops_.executor(here), session_id);
  if (session_id.empty()) return stream;
  // The newcomer registers first, so the sweep that follows must spare it.
  const Stream* keep = stream.get();
  loops_.post_to_all([per_loop = per_loop_, session_id, keep](std::size_t index) {
    for (Stream* each : (*per_loop)[index].streams) {
      if (each != keep && each->session_id() == session_id) each->end();
    }
  });
  return stream;
}

void Streams::broadcast(std::string_view method) {
  loops_.post_to_all([per_loop = per_loop_, message = notification(method)](std::size_t index) {
    for (Stream* each : (*per_loop)[index].streams) each->put(message);
  });
}

void Streams::send(std::string notification, std::set<std::string> sessions) {
  loops_.post_to_all([per_loop = per_loop_, message = std::move(notification),
                      to = std::move(sessions)](std::size_t index) {
    for (Stream* each : (*per_loop)[index].streams) {
      if (each->session_id().empty() || to.contains(each->session_id())) each->put(message);
    }
  });
}

void Streams::send_to_session(std::string notification, std::string session_id) {
  loops_.post_to_all([per_loop = per_loop_, message = std::move(notification),
                      to = std::move(session_id)](std::size_t index) {
    for (Stream* each : (*per_loop)[index].streams) {
      if (each->session_id() == to) each->put(message);
    }
  });
}

void Streams::end_session(std::string session_id) {
  loops_.post_to_all([per_loop = per_loop_, session_id = std::move(session_id)](std::size_t index) {
    for (Stream* each : (*per_loop)[index].streams) {
      if (each->session_id() == session_id) each->end();
    }
  });
}

void Streams::end_all() {
  loops_.post_to_all([per_loop = per_loop_](std::size_t index) {
    for (Stream* each : (*per_loop)[index].streams) each->end();
  });
}

}  // namespace larkspur::gateway
