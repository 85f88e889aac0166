// Where records go. One machine needs SQLite and nothing else (sqlite_store.h); a fleet will write
// into a shared engine behind the same interface.
#pragma once

#include <span>

#include "base/result.h"
#include "execlog/record.h"

namespace larkspur::execlog {

class Store {
 public:
  virtual ~Store() = default;

  // Writes all of `batch`, in order, or nothing of it: after an error the same batch may be offered
  // again. May block. Called by one thread at a time. Records longer than kMaxRecordBytes when
  // encoded are shortened in place.
  virtual Result<void> append(std::span<Record* const> batch) = 0;
};

}  // namespace larkspur::execlog
