// Where records go. One machine needs SQLite and nothing else (sqlite_store.h); a fleet will write
// into a shared engine behind the same interface.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "execlog/record.h"

namespace larkspur::execlog {

// Content that a record names by its digest and that is too large or too private to stand in it.
// It goes when the records that were written with it go.
struct Blob {
  std::string digest;  // "sha256:" and 64 lower-case hex digits, of `bytes`
  std::string bytes;
};

// What is written at once. Every pointer lives until append() returns.
struct Batch {
  std::span<Record* const> records;    // finished calls, in the order of completion
  std::span<const Blob* const> blobs;  // what these records name; the same content may come again
  // Calls that have begun and still run. One whose record never comes is found at the next start,
  // and its record is written then, with status unknown.
  std::span<Record* const> intents = {};
};

class Store {
 public:
  virtual ~Store() = default;

  // Writes all of `batch`, in order, or nothing of it: after an error the same batch may be offered
  // again. May block. Called by one thread at a time. Records longer than kMaxRecordBytes when
  // encoded are shortened in place.
  virtual Result<void> append(const Batch& batch) = 0;

  // What is to be done from time to time: signing what was written, letting go of what is too old.
  // Called by the thread that appends, within a second after an append and at least once a minute.
  virtual Result<void> tend() { return {}; }
};

}  // namespace larkspur::execlog
