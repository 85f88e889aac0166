// The queue between the loops and the writer: many producers, one consumer, no lock.
//
// A stack of entries that the consumer takes whole and turns around: a push is one
// compare-and-swap, and since nobody pops single entries there is no ABA problem. The length is the
// Log's business, which counts before it pushes; the entries are allocated with the record, so a
// push allocates nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "execlog/content.h"
#include "execlog/record.h"
#include "execlog/store.h"

namespace larkspur::execlog {

struct CallEntry;

// A place in the queue: a call's intent, or its record. The pointer that holds it holds the call,
// too.
struct QueueEntry {
  CallEntry& call;
  const bool is_intent;
  // Called once, by the writer thread, when the entry is on the disk or will not be in time.
  std::move_only_function<void(Result<void>)> on_settled = nullptr;
  QueueEntry* next = nullptr;
};

struct ReleaseCall {
  void operator()(QueueEntry* entry) const;
};
using QueueEntryPtr = std::unique_ptr<QueueEntry, ReleaseCall>;

// One call on its way into the log. An intent is no copy of what is known when a call begins: most
// calls end before theirs would be written. Where one does not, the writer reads it in the record
// that is still being filled. So between the two, nobody changes what read_intent() reads.
struct CallEntry {
  Record record;
  std::optional<Principal> principal;  // as whom it acted after all; the record's, in the end
  std::optional<Content> arguments;    // of which intent and record have a digest
  std::vector<Content> contents;       // until the writer has made blobs of them
  std::vector<Blob> blobs;             // contents that the record names
  std::size_t content_bytes = 0;       // of the contents, as they came; the writer's
  std::atomic<bool> has_ended{false};  // its record is in the queue, or about to be
  std::atomic<int> users{1};           // places in the queue, or its Recording
  QueueEntry intent_place{.call = *this, .is_intent = true};
  QueueEntry record_place{.call = *this, .is_intent = false};

  // What was known when the call began. The writer's thread.
  Record read_intent() const;
};

class RecordQueue {
 public:
  RecordQueue() = default;
  ~RecordQueue();
  RecordQueue(const RecordQueue&) = delete;
  RecordQueue& operator=(const RecordQueue&) = delete;

  // Any thread. True when the queue was empty: the consumer may be asleep.
  bool push(QueueEntryPtr entry);

  // One thread: everything pushed so far, oldest first, linked by `next`; null when there is
  // nothing. The caller owns the entries, each by itself.
  QueueEntry* take_all();

 private:
  std::atomic<QueueEntry*> newest_{nullptr};
};

}  // namespace larkspur::execlog
