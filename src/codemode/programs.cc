#include "codemode/programs.h"

namespace larkspur::codemode {

Programs::Shared Programs::find(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    ++uses_.misses;
    return nullptr;
  }
  ++uses_.hits;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->program;
}

void Programs::keep(std::string key, Shared program) {
  const std::size_t bytes = key.size() + program->memory_bytes();
  const std::lock_guard lock(mutex_);
  if (bytes > bounds_.bytes || by_key_.contains(key)) return;
  recent_.push_front({std::move(key), std::move(program), bytes});
  by_key_.emplace(recent_.front().key, recent_.begin());
  bytes_ += bytes;
  while (recent_.size() > bounds_.programs || bytes_ > bounds_.bytes) {
    const Kept& oldest = recent_.back();
    bytes_ -= oldest.bytes;
    by_key_.erase(oldest.key);
    recent_.pop_back();
  }
}

Programs::Uses Programs::uses() const {
  const std::lock_guard lock(mutex_);
  return uses_;
}

}  // namespace larkspur::codemode
