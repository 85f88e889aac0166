#include "gateway/sessions.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "base/random.h"

namespace larkspur::gateway {

namespace {

std::int64_t now_ticks() {
  return SteadyClock::now().time_since_epoch().count();
}

}  // namespace

struct MemorySessions::Entry {
  explicit Entry(mcp::Session facts) : session(std::move(facts)), last_used(now_ticks()) {}
  const mcp::Session session;
  std::atomic<std::int64_t> last_used;  // the only thing that changes; any loop
};

MemorySessions::MemorySessions(net::Loops& loops, Streams& streams, SessionLimits limits)
    : loops_(loops),
      streams_(streams),
      limits_(limits),
      tables_(std::make_shared<std::vector<Table>>(loops.size())) {}
MemorySessions::~MemorySessions() = default;

// Runs `change` on every loop's table and returns when all have done it.
Async<void> MemorySessions::on_every_loop(std::function<void(Table&)> change) {
  const Executor home = co_await asio::this_coro::executor;
  auto done = std::make_shared<Timer>(home, SteadyClock::time_point::max());
  auto left = std::make_shared<std::size_t>(loops_.size());
  loops_.post_to_all([tables = tables_, change, home, done, left](std::size_t index) {
    change((*tables)[index]);
    asio::post(home, [done, left] {
      if (--*left == 0) done->cancel();
    });
  });
  while (*left > 0) co_await done->async_wait(kAwaitTuple);
}

void MemorySessions::drop_expired(Table& table) {
  const std::int64_t oldest = now_ticks() - SteadyClock::duration(limits_.idle).count();
  std::erase_if(table, [&](const auto& each) {
    const bool expired = each.second->last_used.load() < oldest;
    if (expired) on_end_(each.first);
    return expired;
  });
  if (table.size() < limits_.count) return;
  const auto longest_idle = std::ranges::min_element(
      table, {}, [](const auto& each) { return each.second->last_used.load(); });
  on_end_(longest_idle->first);
  table.erase(longest_idle);
}

Async<std::shared_ptr<const mcp::Session>> MemorySessions::create(mcp::Session session) {
  session.id = random_hex(16);
  auto entry = std::make_shared<Entry>(std::move(session));
  const std::function<void(Table&)> insert = [this, entry](Table& table) {
    drop_expired(table);
    table.emplace(entry->session.id, entry);
  };
  co_await on_every_loop(insert);
  co_return std::shared_ptr<const mcp::Session>(entry, &entry->session);
}

std::shared_ptr<const mcp::Session> MemorySessions::find(std::string_view id) {
  const Table& table = (*tables_)[net::Loops::here()];
  const auto found = table.find(id);
  if (found == table.end()) return nullptr;
  Entry& entry = *found->second;
  const std::int64_t now = now_ticks();
  if (now - entry.last_used.load() > SteadyClock::duration(limits_.idle).count()) return nullptr;
  entry.last_used.store(now);
  return {found->second, &entry.session};
}

Async<bool> MemorySessions::remove(std::string id) {
  if (find(id) == nullptr) co_return false;
  streams_.end_session(id);
  on_end_(id);
  const std::function<void(Table&)> erase = [id](Table& table) { table.erase(id); };
  co_await on_every_loop(erase);
  co_return true;
}

std::unique_ptr<mcp::SessionStream> MemorySessions::open_stream(const mcp::Session& session) {
  return streams_.open(session.id);
}

std::size_t MemorySessions::count() const {
  return (*tables_)[net::Loops::here()].size();
}

}  // namespace larkspur::gateway
