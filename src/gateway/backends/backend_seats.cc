#include "gateway/backends/backend_seats.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace larkspur::gateway {

BackendSeats::BackendSeats(Executor executor, SeatOptions options)
    : executor_(executor),
      options_(std::move(options)),
      shared_(std::make_shared<Seat>()),
      idle_timer_(executor) {
  shared_->client = options_.dial(true);
}

Async<Result<std::shared_ptr<Seat>>> BackendSeats::take(std::string owner) {
  if (owner.empty() || options_.for_everybody) co_return shared_;
  if (options_.stateless_if_modern) {
    if (shared_->client->facts() == nullptr) co_await shared_->client->connect();
    const mcp::ServerFacts* facts = shared_->client->facts();
    // What cannot be reached has nothing to mix up either: the call fails and says why.
    if (facts == nullptr || facts->era == mcp::Era::kModern) co_return shared_;
  }
  auto found = owned_.find(owner);
  if (found == owned_.end()) {
    if (!make_room()) {
      co_return fail(ErrorCode::kLimit,
                     "too many callers have a connection of their own in use; try again later");
    }
    auto seat = std::make_shared<Seat>();
    seat->client = options_.dial(false);
    found = owned_.emplace(std::move(owner), std::move(seat)).first;
    watch_idle();
  }
  found->second->last_used = SteadyClock::now();
  co_return found->second;
}

bool BackendSeats::make_room() {
  if (owned_.size() < options_.max_owned) return true;
  auto oldest = owned_.end();
  for (auto each = owned_.begin(); each != owned_.end(); ++each) {
    const bool in_use = each->second.use_count() > 1;
    if (in_use) continue;
    if (oldest == owned_.end() || each->second->last_used < oldest->second->last_used) {
      oldest = each;
    }
  }
  if (oldest == owned_.end()) return false;
  let_go(std::move(oldest->second));
  owned_.erase(oldest);
  return true;
}

void BackendSeats::close_idle(SteadyClock::time_point since) {
  std::erase_if(owned_, [&](auto& each) {
    const bool idle = each.second.use_count() == 1 && each.second->last_used < since;
    if (idle) let_go(std::move(each.second));
    return idle;
  });
}

void BackendSeats::watch_idle() {
  if (std::exchange(watching_, true)) return;
  idle_timer_.expires_after(options_.idle);
  idle_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // this may be gone
    watching_ = false;
    close_idle(SteadyClock::now() - options_.idle);
    if (!owned_.empty()) watch_idle();
  });
}

void BackendSeats::let_go(std::shared_ptr<Seat> seat) {
  const auto politely = [](std::shared_ptr<Seat> leaving) -> Async<void> {
    co_await leaving->client->close();
  };
  asio::co_spawn(executor_, politely(std::move(seat)), asio::detached);
}

Async<void> BackendSeats::close() {
  idle_timer_.cancel();
  for (auto owned = std::exchange(owned_, {}); auto& [owner, seat] : owned) {
    co_await seat->client->close();
  }
  co_await shared_->client->close();
}

}  // namespace larkspur::gateway
