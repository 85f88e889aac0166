// A store that keeps its records in memory and fails on demand: for tests here and in other rooms.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "execlog/store.h"

namespace larkspur::execlog {

class MemoryStore : public Store {
 public:
  // Shared with the test, and outlives the Log that owns the store. Any thread.
  class Written {
   public:
    std::vector<Record> records() const {
      const std::lock_guard lock(mutex_);
      return records_;
    }
    std::vector<Blob> blobs() const {
      const std::lock_guard lock(mutex_);
      return blobs_;
    }
    std::vector<Record> intents() const {
      const std::lock_guard lock(mutex_);
      return intents_;
    }
    std::size_t tended() const { return tended_; }
    std::size_t appends() const { return appends_; }

    std::atomic<bool> refuse{false};  // every append fails while set

   private:
    friend class MemoryStore;
    mutable std::mutex mutex_;
    std::vector<Record> records_, intents_;
    std::vector<Blob> blobs_;
    std::atomic<std::size_t> appends_{0}, tended_{0};
  };

  explicit MemoryStore(std::shared_ptr<Written> written) : written_(std::move(written)) {}

  Result<void> append(const Batch& batch) override {
    ++written_->appends_;
    if (written_->refuse) return fail(ErrorCode::kIo, "the test's store refuses");
    const std::lock_guard lock(written_->mutex_);
    for (const Record* record : batch.records) written_->records_.push_back(*record);
    for (const Record* intent : batch.intents) written_->intents_.push_back(*intent);
    for (const Blob* blob : batch.blobs) written_->blobs_.push_back(*blob);
    return {};
  }
  Result<void> tend() override {
    ++written_->tended_;
    return {};
  }

 private:
  std::shared_ptr<Written> written_;
};

}  // namespace larkspur::execlog
