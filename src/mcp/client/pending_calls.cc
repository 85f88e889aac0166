#include "mcp/client/pending_calls.h"

#include <utility>

#include "mcp/client/waiting.h"

namespace larkspur::mcp {

PendingCalls::Slot::Slot(PendingCalls& table, Executor executor, std::int64_t id,
                         std::shared_ptr<Patience> patience)
    : table_(table), id_(id), patience_(std::move(patience)), wake_(executor, patience_->until()) {
  // Moving the timer ends the wait for it, which begins anew.
  patience_->set_on_change([this](SteadyClock::time_point when) { wake_.expires_at(when); });
  table_.slots_.emplace(id, this);
}

Async<CallReply> PendingCalls::Slot::wait() {
  auto moved = patience_->until();
  do {
    moved = patience_->until();
    if (!reply_) co_await wake_.async_wait(kAwaitTuple);
  } while (!reply_ && moved != patience_->until());
  if (reply_) co_return *std::exchange(reply_, std::nullopt);
  co_return std::unexpected(
      CallError{gave_up(patience_->until(), "waiting for the answer"), std::nullopt});
}

bool PendingCalls::answer(std::int64_t id, CallReply reply) {
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second->reply_) return false;
  found->second->reply_ = std::move(reply);
  found->second->wake_.cancel();
  if (!dropped_.empty()) {
    for (Dropped& dropped : dropped_) dropped.suspects.erase(id);
    find_the_victims();
  }
  return true;
}

void PendingCalls::fail_all(const Error& error) {
  dropped_.clear();
  for (const auto& [id, slot] : slots_) answer(id, std::unexpected(CallError{error, std::nullopt}));
}

void PendingCalls::answer_dropped(const Error& error) {
  Dropped dropped{{}, error};
  for (const auto& [id, slot] : slots_) {
    if (!slot->reply_) dropped.suspects.insert(id);
  }
  dropped_.push_back(std::move(dropped));
  find_the_victims();
}

void PendingCalls::remove(std::int64_t id) {
  slots_.erase(id);
  // A call that gave up had no answer yet: the dropped one may have been its own.
  for (Dropped& dropped : dropped_) {
    if (dropped.suspects.erase(id) > 0) dropped.suspects.clear();
  }
  std::erase_if(dropped_, [](const Dropped& dropped) { return dropped.suspects.empty(); });
}

void PendingCalls::find_the_victims() {
  for (std::size_t i = 0; i < dropped_.size();) {
    if (dropped_[i].suspects.size() > 1) {
      ++i;
      continue;
    }
    const Dropped dropped = std::move(dropped_[i]);
    dropped_.erase(dropped_.begin() + static_cast<std::ptrdiff_t>(i));
    if (dropped.suspects.empty()) continue;
    answer(*dropped.suspects.begin(), std::unexpected(CallError{dropped.error, std::nullopt}));
    i = 0;  // what answer() did may have settled others
  }
}

}  // namespace larkspur::mcp
