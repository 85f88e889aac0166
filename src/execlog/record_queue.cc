#include "execlog/record_queue.h"

#include <utility>

namespace larkspur::execlog {

RecordQueue::~RecordQueue() {
  for (QueueEntry* entry = take_all(); entry != nullptr;) {
    delete std::exchange(entry, entry->next);
  }
}

bool RecordQueue::push(std::unique_ptr<QueueEntry> entry) {
  QueueEntry* const added = entry.release();
  QueueEntry* before = newest_.load(std::memory_order_relaxed);
  // Release: the consumer that takes the entry sees the record in it. From there on the entry is
  // the consumer's, and `added` may not be touched.
  do {
    added->next = before;
  } while (!newest_.compare_exchange_weak(before, added, std::memory_order_release,
                                          std::memory_order_relaxed));
  return before == nullptr;
}

QueueEntry* RecordQueue::take_all() {
  QueueEntry* newest = newest_.exchange(nullptr, std::memory_order_acquire);
  QueueEntry* oldest = nullptr;
  while (newest != nullptr) {
    QueueEntry* const before = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = before;
  }
  return oldest;
}

}  // namespace larkspur::execlog
