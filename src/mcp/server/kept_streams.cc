#include "mcp/server/kept_streams.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/sse.h"

namespace larkspur::mcp::server {

namespace {

// How long a client waits before it comes back.
constexpr std::string_view kRetry = "retry: 1000\n";

}  // namespace

struct KeptStream::Totals {
  explicit Totals(KeepLimits of) : limits(of) {}
  const KeepLimits limits;
  std::atomic<std::size_t> bytes = 0;
  std::atomic<std::size_t> streams = 0;
};

// The streams of one loop.
struct KeptStream::Shelf {
  std::unordered_map<std::string, std::map<std::uint64_t, std::shared_ptr<KeptStream>>> sessions;
  std::uint64_t last = 0;
  // Those that leave, the first one in front: all of them stay equally long.
  std::deque<std::pair<SteadyClock::time_point, std::weak_ptr<KeptStream>>> leaving;
  std::optional<Executor> executor;
  bool armed = false;

  std::shared_ptr<KeptStream> find(const std::string& session, std::uint64_t stream) {
    const auto found = sessions.find(session);
    if (found == sessions.end()) return nullptr;
    const auto place = found->second.find(stream);
    return place == found->second.end() ? nullptr : place->second;
  }

  void drop(const std::shared_ptr<KeptStream>& stream) {
    const auto found = sessions.find(stream->session_);
    if (found != sessions.end()) {
      found->second.erase(stream->position_.stream);
      if (found->second.empty()) sessions.erase(found);
    }
    stream->vanish();
  }

  // Those whose time has come by `now`.
  void drop_until(SteadyClock::time_point now) {
    while (!leaving.empty() && leaving.front().first <= now) {
      const auto stream = leaving.front().second.lock();
      leaving.pop_front();
      if (stream && stream->is_over(now)) drop(stream);
    }
  }

  // Drops the one that would leave next. False when there is none.
  bool drop_next() {
    while (!leaving.empty()) {
      const auto stream = leaving.front().second.lock();
      leaving.pop_front();
      if (!stream || !stream->leaves_) continue;
      drop(stream);
      return true;
    }
    return false;
  }

  void arm(std::weak_ptr<Shelf> self) {
    if (armed || leaving.empty()) return;
    armed = true;
    // The wait owns the timer, which so goes with its loop and not with the shelf.
    const auto timer = std::make_shared<Timer>(*executor, leaving.front().first);
    timer->async_wait([self, timer](const boost::system::error_code& error) {
      const auto shelf = self.lock();
      if (!shelf || error) return;
      shelf->armed = false;
      shelf->drop_until(SteadyClock::now());
      shelf->arm(self);
    });
  }
};

KeptStream::KeptStream(std::shared_ptr<Totals> totals, std::weak_ptr<Shelf> shelf,
                       std::string session, EventId position)
    : totals_(std::move(totals)),
      shelf_(std::move(shelf)),
      session_(std::move(session)),
      position_(position) {}

WireEvent KeptStream::primer() const {
  if (totals_->limits.total_bytes == 0) return nullptr;
  std::string text = "id: " + to_text({position_.loop, position_.stream, 0}) + '\n';
  text += kRetry;
  text += "data: \n\n";
  return std::make_shared<const std::string>(std::move(text));
}

WireEvent KeptStream::append(std::string_view message) {
  ++position_.event;
  const bool keeps = totals_->limits.total_bytes > 0;
  const auto event = std::make_shared<const std::string>(
      net::sse_event(message, keeps ? to_text(position_) : std::string()));
  if (gone_) return event;
  if (keeps) keep(event);
  if (const auto reader = reader_.lock()) {
    reader->put(event);
    // One that does not keep up begins anew where it was, rather than missing something.
    if (reader->dropped() > 0) {
      end_reader();
      leave_soon();
    }
  }
  return event;
}

void KeptStream::keep(WireEvent event) {
  const KeepLimits& limits = totals_->limits;
  bytes_ += event->size();
  totals_->bytes += event->size();
  events_.push_back({position_.event, std::move(event)});
  while (bytes_ > limits.stream_bytes && events_.size() > 1) drop_first();
  const auto shelf = shelf_.lock();
  while (totals_->bytes > limits.total_bytes && shelf && shelf->drop_next()) {
  }
  while (totals_->bytes > limits.total_bytes && !events_.empty()) drop_first();
}

void KeptStream::drop_first() {
  const std::size_t size = events_.front().text->size();
  events_.pop_front();
  bytes_ -= size;
  totals_->bytes -= size;
}

void KeptStream::finish() {
  if (finished_) return;
  finished_ = true;
  end_reader();
  leave_soon();
}

void KeptStream::forget() {
  const auto shelf = shelf_.lock();
  if (shelf && !finished_ && !gone_) shelf->drop(shared_from_this());
}

void KeptStream::lose_connection() {
  on_taken_over_ = nullptr;
  if (reader_.expired()) leave_soon();
}

void KeptStream::leave_soon() {
  if (gone_ || leaves_) return;
  const auto shelf = shelf_.lock();
  if (!shelf) return;
  leaves_ = SteadyClock::now() + totals_->limits.time;
  if (totals_->limits.total_bytes == 0) {
    return shelf->drop(shared_from_this());
  }
  shelf->leaving.emplace_back(*leaves_, weak_from_this());
  shelf->arm(shelf_);
}

bool KeptStream::is_over(SteadyClock::time_point now) const {
  return leaves_ && *leaves_ <= now;
}

bool KeptStream::attach(std::shared_ptr<EventMailbox> reader, std::uint64_t after) {
  const bool has_last = !events_.empty() && events_.back().number == position_.event;
  if (gone_ || after > position_.event) return false;
  if (finished_ && after < position_.event && !has_last) return false;
  end_reader();
  if (const auto taken_over = std::exchange(on_taken_over_, nullptr)) taken_over();
  for (const Event& event : events_) {
    if (event.number > after) reader->put(event.text);
  }
  if (finished_) {
    reader->close();
  } else {
    leaves_.reset();
    reader_ = reader;
  }
  return true;
}

void KeptStream::detach(const EventMailbox* reader) {
  if (reader_.lock().get() != reader) return;  // another one has taken over
  reader_.reset();
  leave_soon();
}

void KeptStream::end_reader() {
  if (const auto reader = reader_.lock()) reader->close();
  reader_.reset();
}

void KeptStream::vanish() {
  if (gone_) return;
  gone_ = true;
  while (!events_.empty()) drop_first();
  --totals_->streams;
  end_reader();
  on_taken_over_ = nullptr;
  if (const auto gone = std::exchange(on_gone_, nullptr)) gone();
}

KeptStreams::KeptStreams(KeepLimits limits)
    : totals_(std::make_shared<KeptStream::Totals>(limits)) {}
KeptStreams::~KeptStreams() = default;

bool KeptStreams::keeps() const {
  return totals_->limits.total_bytes > 0;
}

std::shared_ptr<KeptStream> KeptStreams::open(const Executor& executor,
                                              const std::string& session) {
  const auto shelf = shelves_.here(executor);
  shelf->executor = executor;
  const EventId position{shelves_.index_of(executor), ++shelf->last, 0};
  std::shared_ptr<KeptStream> stream(new KeptStream(totals_, shelf, session, position));
  shelf->sessions[session].emplace(position.stream, stream);
  ++totals_->streams;
  return stream;
}

Async<bool> KeptStreams::attach(std::string session, EventId id,
                                std::shared_ptr<EventMailbox> reader) {
  struct Answer {
    explicit Answer(const Executor& home) : come(home, SteadyClock::time_point::max()) {}
    Timer come;
    std::optional<bool> attached;
  };
  const Executor home = co_await asio::this_coro::executor;
  const auto answer = std::make_shared<Answer>(home);
  const bool posted = shelves_.post_to(id.loop, [home, answer, session, id, reader](Shelf& shelf) {
    const auto stream = shelf.find(session, id.stream);
    const bool attached = stream && stream->attach(reader, id.event);
    asio::post(home, [answer, attached] {
      answer->attached = attached;
      answer->come.cancel();
    });
  });
  if (!posted) co_return false;
  while (!answer->attached) co_await answer->come.async_wait(kAwaitTuple);
  co_return *answer->attached;
}

void KeptStreams::detach(std::string session, EventId id, std::shared_ptr<EventMailbox> reader) {
  shelves_.post_to(id.loop, [session = std::move(session), id, reader](Shelf& shelf) {
    if (const auto stream = shelf.find(session, id.stream)) stream->detach(reader.get());
  });
}

void KeptStreams::end_session(std::string session) {
  shelves_.for_each([session = std::move(session)](Shelf& shelf) {
    const auto found = shelf.sessions.find(session);
    if (found == shelf.sessions.end()) return;
    const auto streams = std::move(found->second);
    shelf.sessions.erase(found);
    for (const auto& [number, stream] : streams) stream->vanish();
  });
}

std::size_t KeptStreams::count() const {
  return totals_->streams;
}

}  // namespace larkspur::mcp::server
