// Log: takes finished records from any number of loops and has one thread of its own write them.
//
// Handing a record over is one atomic push: no lock, no I/O, no allocation. The writer gathers what
// came in a few milliseconds into one transaction. While the store fails, the writer keeps its
// batch and tries again; the queue fills up to `capacity`, and from there the overflow policy
// holds:
//   kDrop  a record that finds the queue full is dropped and counted, and the gap itself becomes a
//   record; kWait  nothing is dropped: the call path waits with new calls until the writer has
//   caught up
//          (wait_until_ready), while calls under way still hand over their records. The queue is
//          then bounded by capacity plus calls in flight.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/async.h"
#include "base/result.h"
#include "base/thread_signal.h"
#include "execlog/record_queue.h"
#include "execlog/recording.h"
#include "execlog/store.h"

namespace larkspur::execlog {

enum class Overflow : unsigned char { kDrop, kWait };

class Log {
 public:
  struct Options {
    std::size_t capacity = 65536;                          // records waiting for the writer
    std::size_t content_capacity = std::size_t{64} << 20;  // bytes of contents that wait with them
    Overflow overflow = Overflow::kDrop;
    std::chrono::milliseconds gather{
        5};  // how long the writer waits for company after a first record
    std::chrono::milliseconds retry{250};  // between attempts while the store fails
    // Told when the store starts to fail and when it is well again; called by the writer thread.
    std::function<void(std::string_view)> on_trouble;
    // Told how long each write into the store took, failed ones included; by the writer thread.
    std::function<void(std::chrono::nanoseconds)> on_write;
  };

  struct Stats {
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
    std::uint64_t failed_writes = 0;  // attempts that the store refused
    std::size_t queue_depth = 0;
    std::string last_error;  // of the store; "" while it is well
  };

  Log(std::unique_ptr<Store> store, Options options);
  // Writes what is queued, trying a failing store once more, and counts the rest as dropped. May
  // block. REQUIRES: no Recording is open.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Any thread. The Recording then belongs to the thread that opened it.
  [[nodiscard]] Recording open(OpenInfo info) { return Recording(*this, std::move(info)); }

  // Any thread: whether a new call may begin under the overflow policy; always true with kDrop.
  bool ready() const;
  // Waits on the calling coroutine's loop until ready().
  Async<> wait_until_ready();

  // Blocks until everything handed over before is in the store: kTimeout when `patience` runs out
  // first. For shutdown, tests and commands; never on a loop.
  Result<void> flush(std::chrono::milliseconds patience);

  Stats stats() const;  // any thread

  // For Recording: whether there is room for so many more bytes of contents; then they are counted
  // until they are written. Any thread.
  bool take_room(std::size_t content_bytes);
  // For Recording: takes over a finished record. Any thread.
  void push(std::unique_ptr<QueueEntry> entry);

 private:
  void run();
  void write(QueueEntry* chain);
  void append(const Batch& batch);
  void note_gap();
  void set_trouble(const Error* error);

  const std::unique_ptr<Store> store_;
  const Options options_;
  RecordQueue queue_;
  ThreadSignal signal_;  // for the writer: something was queued, somebody is in a hurry, or stop
  std::atomic<std::size_t> depth_{0};
  std::atomic<std::size_t> content_bytes_{0};
  // Every record pushed is handled at some time: written, or given up at shutdown.
  std::atomic<std::uint64_t> pushed_{0}, handled_{0};
  std::atomic<std::uint64_t> written_{0}, dropped_{0}, failed_writes_{0};
  std::atomic<bool> stopping_{false};
  std::uint64_t gaps_noted_ = 0;    // of dropped_; the writer's own
  mutable std::mutex error_mutex_;  // never taken on the request path
  std::string last_error_;
  std::thread writer_;
};

}  // namespace larkspur::execlog
