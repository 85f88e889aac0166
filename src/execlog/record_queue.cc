#include "execlog/record_queue.h"

#include <utility>

namespace larkspur::execlog {

void ReleaseCall::operator()(QueueEntry* entry) const {
  CallEntry& call = entry->call;
  // Who is last sees what the others did.
  if (call.users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &call;
}

Record CallEntry::read_intent() const {
  Record intent;
  intent.tool_call_id = record.tool_call_id;
  intent.start_time = record.start_time;
  intent.tool_name = record.tool_name;
  intent.parent_id = record.parent_id;
  intent.place = record.place;
  intent.request = record.request;
  intent.principal = record.principal;
  if (arguments) put_digest(arguments->what, arguments->text, *arguments->digester, intent);
  return intent;
}

RecordQueue::~RecordQueue() {
  for (QueueEntry* entry = take_all(); entry != nullptr;) {
    const QueueEntryPtr released(std::exchange(entry, entry->next));
  }
}

bool RecordQueue::push(QueueEntryPtr entry) {
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
