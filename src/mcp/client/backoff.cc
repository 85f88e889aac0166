#include "mcp/client/backoff.h"

#include <algorithm>

namespace larkspur::mcp {
namespace {

constexpr std::chrono::milliseconds kFirstWait{100};
constexpr std::chrono::milliseconds kLongestWait{30'000};
constexpr std::chrono::seconds kLongLife{10};

std::chrono::milliseconds wait_after(int failures) {
  if (failures <= 0) return std::chrono::milliseconds(0);
  return std::min(kFirstWait * (1 << std::min(failures - 1, 16)), kLongestWait);
}

}  // namespace

void Backoff::failed(SteadyClock::time_point now) {
  retry_at_ = now + wait_after(++failures_);
}

void Backoff::connected(SteadyClock::time_point now) {
  failures_ = 0;
  connected_at_ = now;
}

void Backoff::lost(SteadyClock::time_point now) {
  quick_losses_ = now - connected_at_ < kLongLife ? quick_losses_ + 1 : 0;
  retry_at_ = now + wait_after(quick_losses_ - 1);
}

}  // namespace larkspur::mcp
