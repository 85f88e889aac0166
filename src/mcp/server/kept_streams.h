// What the streams of legacy sessions have said, kept for a while, so that a client whose
// connection broke can go on where it was (mcp 2025-11-25 transports, resumability). A stream
// belongs to one session: nobody else can resume it. It stays on the loop that it began on; who
// resumes it may be on another.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/async.h"
#include "mcp/server/event_id.h"
#include "mcp/server/loop_local.h"
#include "net/mailbox.h"

namespace larkspur::mcp::server {

struct KeepLimits {
  std::size_t stream_bytes = 256 * 1024;  // of one stream; its last event is kept whatever its size
  std::size_t total_bytes = 64 * 1024 * 1024;  // of all together; 0: nothing is kept
  // How long a stream whose connection broke, or that has ended, can be resumed.
  std::chrono::milliseconds time{120'000};
};

// One event as it goes over the wire, shared by whoever still has to write it.
using WireEvent = std::shared_ptr<const std::string>;
using EventMailbox = net::Mailbox<WireEvent>;

class KeptStreams;

// One stream. On its own loop only.
class KeptStream : public std::enable_shared_from_this<KeptStream> {
 public:
  // The event that opens a stream: an id and no data, so that a stream that breaks at once can be
  // resumed, too. nullptr where nothing is kept.
  WireEvent primer() const;

  // Numbers `message`, one JSON text on one line, and keeps it. Gives it to whoever has resumed the
  // stream; the connection that began it writes what is returned.
  WireEvent append(std::string_view message);

  // Nothing follows.
  void finish();
  // Nothing follows, and there is nothing to come back for. No effect after finish().
  void forget();

  // The connection that began the stream is of no use any more.
  void lose_connection();

  // A reader takes over behind the event `after`; one that was there ends. False when that is not
  // possible: there was no such event, or what follows it is lost.
  bool attach(std::shared_ptr<EventMailbox> reader, std::uint64_t after);
  void detach(const EventMailbox* reader);

  // Nobody came back in time; what is said from now on, nobody hears.
  bool gone() const { return gone_; }

  // Called once: when another connection has taken over from the one that began the stream; when
  // gone() becomes true.
  void on_taken_over(std::function<void()> call) { on_taken_over_ = std::move(call); }
  void on_gone(std::function<void()> call) { on_gone_ = std::move(call); }

  const EventId& position() const { return position_; }  // of the last event

 private:
  friend class KeptStreams;
  struct Shelf;
  struct Totals;
  struct Event {
    std::uint64_t number;
    WireEvent text;
  };

  KeptStream(std::shared_ptr<Totals> totals, std::weak_ptr<Shelf> shelf, std::string session,
             EventId position);

  void keep(WireEvent event);
  void drop_first();
  void leave_soon();  // unless somebody attaches
  bool is_over(SteadyClock::time_point now) const;
  void end_reader();
  void vanish();

  std::shared_ptr<Totals> totals_;
  std::weak_ptr<Shelf> shelf_;
  std::string session_;
  EventId position_;
  std::deque<Event> events_;
  std::size_t bytes_ = 0;
  std::weak_ptr<EventMailbox> reader_;             // whoever reads owns it
  std::optional<SteadyClock::time_point> leaves_;  // when it vanishes
  bool finished_ = false;
  bool gone_ = false;
  std::function<void()> on_taken_over_, on_gone_;
};

// All of a process. Any loop, but for what says otherwise.
class KeptStreams {
 public:
  explicit KeptStreams(KeepLimits limits);
  ~KeptStreams();

  bool keeps() const;

  // A new stream of the session, on the calling loop.
  std::shared_ptr<KeptStream> open(const Executor& executor, const std::string& session);

  // Goes on behind the event `id` of that session: what follows it arrives in `reader`, which
  // closes when the stream ends. False when it cannot be resumed.
  Async<bool> attach(std::string session, EventId id, std::shared_ptr<EventMailbox> reader);
  // `reader` reads no more.
  void detach(std::string session, EventId id, std::shared_ptr<EventMailbox> reader);

  // Forgets the streams of a session, and ends who reads them.
  void end_session(std::string session);

  // How many streams can be resumed, or are read. Any thread.
  std::size_t count() const;

 private:
  using Shelf = KeptStream::Shelf;

  std::shared_ptr<KeptStream::Totals> totals_;
  LoopLocal<Shelf> shelves_;
};

}  // namespace larkspur::mcp::server
