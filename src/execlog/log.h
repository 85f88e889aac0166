// Log: takes finished records from any number of loops and has one thread of its own write them.
//
// Handing a record over is one atomic push: no lock, no I/O, no allocation. The writer gathers what
// came in a few milliseconds into one transaction. While the store fails, the writer keeps what it
// has and tries again; the queue fills up to `capacity`, and from there the overflow policy holds:
//   kDrop  a record that finds the queue full is dropped and counted, and the gap itself becomes a
//          record;
//   kWait  nothing is dropped: the call path waits with new calls until the writer has caught up
//          (admit), while calls under way still hand over their records. The queue is then bounded
//          by capacity plus calls in flight.
// When the store has failed for longer than `grace`, the log is unwritable, and `unwritable` says
// what happens to calls:
//   kRefuse  new calls are refused at once; what waits for the disk is told that it failed;
//   kPass    calls go on, nothing waits for the disk, and a full queue drops and counts.
// Either way the writer goes on trying, and the log recovers by itself; what was dropped or refused
// is then in the log as a gap.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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
enum class Unwritable : unsigned char { kRefuse, kPass };

class Log {
 public:
  struct Options {
    std::size_t capacity = 65536;                          // records waiting for the writer
    std::size_t content_capacity = std::size_t{64} << 20;  // bytes of contents that wait with them
    Overflow overflow = Overflow::kDrop;
    Unwritable unwritable = Unwritable::kRefuse;
    // Calls begin when their intent is on the disk and are answered when their record is (the call
    // path asks for it); the writer then does not wait for company, since those who wait make it.
    bool durable = false;
    std::chrono::milliseconds gather{
        5};  // how long the writer waits for company after a first record
    std::chrono::milliseconds retry{250};  // between attempts while the store fails
    std::chrono::milliseconds grace{750};  // of failing, until the log is unwritable
    std::chrono::milliseconds tend{1000};  // between the store's chores while something is written
    // Told when the store starts to fail and when it is well again; called by the writer thread.
    std::function<void(std::string_view)> on_trouble;
    // Told what else an operator should know: where the log goes on after an unclean stop, what
    // retention removed. By the thread that opens the store, and by the writer thread.
    std::function<void(std::string_view)> on_notice;
    // Given every finished call's record once it has been written; by the writer thread.
    std::function<void(Record)> on_written;
    // Told how long each write into the store took, failed ones included; by the writer thread.
    std::function<void(std::chrono::nanoseconds)> on_write;
  };

  struct Stats {
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
    std::uint64_t refused = 0;        // calls that were not let in
    std::uint64_t failed_writes = 0;  // attempts that the store refused
    std::size_t queue_depth = 0;
    bool unwritable = false;
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

  bool durable() const { return options_.durable; }

  // Any thread: whether a new call may begin without waiting.
  bool ready() const;
  // Waits on the calling coroutine's loop until a new call may begin. kUnavailable when the log is
  // unwritable and its policy is to refuse; the refusal is counted.
  Async<Result<void>> admit();

  // Blocks until everything handed over before is in the store: kTimeout when `patience` runs out
  // first. For shutdown, tests and commands; never on a loop.
  Result<void> flush(std::chrono::milliseconds patience);

  Stats stats() const;  // any thread

  // For Recording: whether there is room for so many more bytes of contents; then they are counted
  // until they are written. Any thread.
  bool take_room(std::size_t content_bytes);
  // For Recording: takes over a record or an intent. Any thread.
  void push(QueueEntryPtr entry);
  // The same, and done when it is on the disk; at once and with an error when the log is, or
  // becomes, unwritable and refuses.
  Async<Result<void>> push_durably(QueueEntryPtr entry);

 private:
  bool has_room() const;
  void run();
  void gather();
  void idle();
  void write_some();
  void pause();
  Result<void> append(const Batch& batch);
  void tend();
  void release_waiting();
  void note_gap();
  void set_trouble(const Error* error);
  Result<void> unwritable_error() const;

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
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> unwritable_{false};
  // The writer's own.
  std::deque<QueueEntryPtr> backlog_;
  std::uint64_t gaps_noted_ = 0, refusals_noted_ = 0;  // of dropped_ and refused_
  bool untended_ = false;  // something was written since the store's chores
  SteadyClock::time_point tended_ = SteadyClock::now();
  std::optional<SteadyClock::time_point> failing_since_;
  mutable std::mutex error_mutex_;  // never taken on the request path
  std::string last_error_;
  std::thread writer_;
};

}  // namespace larkspur::execlog
