// The queue between the loops and the writer: many producers, one consumer, no lock.
//
// A stack of entries that the consumer takes whole and turns around: a push is one
// compare-and-swap, and since nobody pops single entries there is no ABA problem. The length is the
// Log's business, which counts before it pushes; the entries are allocated with the record, so a
// push allocates nothing.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "execlog/content.h"
#include "execlog/record.h"
#include "execlog/store.h"

namespace larkspur::execlog {

// Shared by the two entries of a call: its intent, and its record.
struct CallState {
  std::atomic<bool> has_ended{false};  // its record is in the queue, or about to be
};

struct QueueEntry {
  Record record;
  bool is_intent = false;  // `record` has what was known when the call began
  std::shared_ptr<CallState> call;
  // Called once, by the writer thread, when the entry is on the disk or will not be in time.
  std::move_only_function<void(Result<void>)> on_settled;
  std::vector<Content> contents;  // until the writer has made blobs of them
  std::vector<Blob> blobs;        // contents that the record names
  std::size_t content_bytes = 0;  // of the contents, as they came; the writer's
  QueueEntry* next = nullptr;
};

class RecordQueue {
 public:
  RecordQueue() = default;
  ~RecordQueue();
  RecordQueue(const RecordQueue&) = delete;
  RecordQueue& operator=(const RecordQueue&) = delete;

  // Any thread. True when the queue was empty: the consumer may be asleep.
  bool push(std::unique_ptr<QueueEntry> entry);

  // One thread: everything pushed so far, oldest first, linked by `next`; null when there is
  // nothing. The caller owns the entries.
  QueueEntry* take_all();

 private:
  std::atomic<QueueEntry*> newest_{nullptr};
};

}  // namespace larkspur::execlog
