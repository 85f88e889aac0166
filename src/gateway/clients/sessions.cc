#include "gateway/clients/sessions.h"

#include <boost/asio/post.hpp>
#include <optional>

#include "base/random.h"

namespace larkspur::gateway {

namespace {

// How many sessions that turn out to be in use are passed over before one of them has to go.
constexpr int kSecondChances = 64;

}  // namespace

struct MemorySessions::Entry {
  explicit Entry(mcp::Session facts) : session(std::move(facts)) {}

  SteadyClock::time_point last_used() const {
    return SteadyClock::time_point(SteadyClock::duration(session.state->last_used.load()));
  }

  const mcp::Session session;
  std::atomic<bool> ended = false;
  std::optional<Due::iterator> place;  // loop 0
};

MemorySessions::MemorySessions(net::Loops& loops, Streams& streams, SessionLimits limits)
    : loops_(loops),
      streams_(streams),
      limits_(limits),
      tables_(std::make_shared<std::vector<Table>>(loops.size())),
      next_(loops.executor(0)) {}
MemorySessions::~MemorySessions() = default;

// Runs `change` on every loop's table and returns when all have done it.
Async<void> MemorySessions::on_every_loop(std::function<void(std::size_t, Table&)> change) {
  const Executor home = co_await asio::this_coro::executor;
  auto done = std::make_shared<Timer>(home, SteadyClock::time_point::max());
  auto left = std::make_shared<std::size_t>(loops_.size());
  loops_.post_to_all([tables = tables_, change, home, done, left](std::size_t index) {
    change(index, (*tables)[index]);
    asio::post(home, [done, left] {
      if (--*left == 0) done->cancel();
    });
  });
  while (*left > 0) co_await done->async_wait(kAwaitTuple);
}

SteadyClock::time_point MemorySessions::due_of(const Entry& entry,
                                               SteadyClock::time_point now) const {
  return (entry.session.state->in_use > 0 ? now : entry.last_used()) + limits_.idle;
}

void MemorySessions::file(const std::shared_ptr<Entry>& entry) {
  if (entry->ended) return;
  if (due_.size() >= limits_.count) make_room();
  entry->place = due_.emplace(due_of(*entry, SteadyClock::now()), entry);
  count_ = due_.size();
  arm();
}

void MemorySessions::unfile(const std::shared_ptr<Entry>& entry) {
  if (!entry->place) return;
  due_.erase(*entry->place);
  entry->place.reset();
  count_ = due_.size();
}

void MemorySessions::make_room() {
  const auto now = SteadyClock::now();
  for (int i = 0; i < kSecondChances; ++i) {
    const std::shared_ptr<Entry> first = due_.begin()->second;
    const auto due = due_of(*first, now);
    if (due <= due_.begin()->first) break;
    due_.erase(due_.begin());
    first->place = due_.emplace(due, first);
  }
  const std::shared_ptr<Entry> first = due_.begin()->second;
  end(first);
}

void MemorySessions::arm() {
  if (armed_ || due_.empty()) return;
  armed_ = true;
  next_.expires_at(due_.begin()->first);
  next_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // this has gone
    armed_ = false;
    sweep();
    arm();
  });
}

void MemorySessions::sweep() {
  const auto now = SteadyClock::now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::shared_ptr<Entry> first = due_.begin()->second;
    const auto due = due_of(*first, now);
    if (due <= now) {
      end(first);
    } else {
      due_.erase(due_.begin());
      first->place = due_.emplace(due, first);
    }
  }
}

void MemorySessions::end(const std::shared_ptr<Entry>& entry) {
  unfile(entry);
  if (entry->ended.exchange(true)) return;
  const std::string& id = entry->session.id;
  loops_.post_to_all([tables = tables_, id](std::size_t index) { (*tables)[index].erase(id); });
  streams_.end_session(id);
  on_end_(id);
}

Async<std::shared_ptr<const mcp::Session>> MemorySessions::create(mcp::Session session) {
  session.id = random_hex(16);
  auto entry = std::make_shared<Entry>(std::move(session));
  const std::function<void(std::size_t, Table&)> insert = [this, entry](std::size_t loop,
                                                                        Table& table) {
    table.emplace(entry->session.id, entry);
    if (loop == 0) file(entry);
  };
  co_await on_every_loop(insert);
  co_return std::shared_ptr<const mcp::Session>(entry, &entry->session);
}

std::shared_ptr<const mcp::Session> MemorySessions::find(std::string_view id) {
  const Table& table = (*tables_)[net::Loops::here()];
  const auto found = table.find(id);
  if (found == table.end()) return nullptr;
  const Entry& entry = *found->second;
  const auto now = SteadyClock::now();
  if (entry.ended || due_of(entry, now) <= now) return nullptr;
  entry.session.state->last_used = now.time_since_epoch().count();
  return {found->second, &entry.session};
}

Async<bool> MemorySessions::remove(std::string id) {
  const Table& here = (*tables_)[net::Loops::here()];
  const auto found = here.find(id);
  if (found == here.end()) co_return false;
  const std::shared_ptr<Entry> entry = found->second;
  if (entry->ended.exchange(true)) co_return false;
  streams_.end_session(id);
  on_end_(id);
  const std::function<void(std::size_t, Table&)> erase = [this, entry](std::size_t loop,
                                                                       Table& table) {
    table.erase(entry->session.id);
    if (loop == 0) unfile(entry);
  };
  co_await on_every_loop(erase);
  co_return true;
}

std::unique_ptr<mcp::SessionStream> MemorySessions::open_stream(const mcp::Session& session) {
  return streams_.open(session.id);
}

}  // namespace larkspur::gateway
