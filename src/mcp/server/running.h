// What runs at this moment and may have to be ended from elsewhere: calls that
// notifications/cancelled names, streams that a shutdown ends. A session's requests may run on any
// loop, so each loop keeps its own list and whoever ends something tells every loop.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/async.h"
#include "mcp/server/loop_local.h"

namespace larkspur::mcp::server {

class Running {
 public:
  // A call that can be cancelled, for as long as this object lives.
  class Call;
  // A stream that can be cancelled and that a shutdown ends, for as long as this object lives.
  class Stream;

  // Cancels the calls and streams of that name on every loop; an unknown name is ignored, as late
  // notifications must be. Any thread.
  void cancel(const std::string& name);
  void cancel_all_calls();

  // Cancels the calls whose names begin with `prefix`, on every loop. Any thread.
  void cancel_calls_of(const std::string& prefix);

  // How many there are. Any thread.
  std::size_t calls() const { return counts_->calls; }
  std::size_t streams() const { return counts_->streams; }

  // Ends all streams, those opened later too. Any thread.
  void stop();

 private:
  struct List {
    std::unordered_multimap<std::string, Call*> calls;
    std::unordered_set<Stream*> streams;
  };

  // Shared, because a call or a stream may outlive this.
  struct Counts {
    std::atomic<std::size_t> calls = 0;
    std::atomic<std::size_t> streams = 0;
  };

  static void cancel_now(const std::vector<Call*>& calls);

  LoopLocal<List> lists_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
  std::atomic<bool> stopped_ = false;
};

class Running::Call {
 public:
  // Names are the owner's business, for example a session id and a request id.
  Call(Running& running, const Executor& executor, std::string name);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  asio::cancellation_signal& signal() { return signal_; }
  bool cancelled() const { return cancelled_; }

 private:
  friend class Running;

  std::shared_ptr<List> list_;
  std::shared_ptr<Counts> counts_;
  std::unordered_multimap<std::string, Call*>::iterator place_;
  asio::cancellation_signal signal_;
  bool cancelled_ = false;
};

class Running::Stream {
 public:
  // A stream with no name cannot be cancelled by one.
  Stream(Running& running, const Executor& executor, std::string name = {});
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Returns when the stream has to end.
  Async<void> ended();
  // Whether that is because it was cancelled.
  bool cancelled() const { return cancelled_; }

 private:
  friend class Running;

  std::shared_ptr<List> list_;
  std::shared_ptr<Counts> counts_;
  std::string name_;
  Timer end_;  // expires when the stream has to end
  bool cancelled_ = false;
};

}  // namespace larkspur::mcp::server
