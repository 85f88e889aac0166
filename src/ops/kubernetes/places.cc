#include "ops/kubernetes/places.h"

namespace larkspur::ops {

namespace {

using namespace std::chrono_literals;

constexpr auto kLookAgain = 10ms;

}  // namespace

bool Places::try_take(const std::string& cluster) {
  const std::lock_guard lock(mutex_);
  if (used_ >= limit_) return false;
  if (!cluster.empty()) {
    const auto found = used_of_a_cluster_.find(cluster);
    if (found != used_of_a_cluster_.end() && found->second >= limit_of_a_cluster_) return false;
    ++used_of_a_cluster_[cluster];
  }
  ++used_;
  return true;
}

void Places::give_back(const std::string& cluster) {
  const std::lock_guard lock(mutex_);
  --used_;
  if (cluster.empty()) return;
  const auto found = used_of_a_cluster_.find(cluster);
  if (--found->second == 0) used_of_a_cluster_.erase(found);
}

Place::~Place() {
  if (taken_) places_.give_back(cluster_);
}

Async<bool> Place::take(SteadyClock::time_point deadline) {
  Timer timer(co_await asio::this_coro::executor);
  while (!(taken_ = places_.try_take(cluster_))) {
    if (SteadyClock::now() >= deadline) co_return false;
    timer.expires_after(kLookAgain);
    co_await timer.async_wait(kAwait);
  }
  co_return true;
}

}  // namespace larkspur::ops
