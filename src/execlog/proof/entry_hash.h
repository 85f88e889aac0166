// The canonical bytes of one entry of the log, and their leaf hash: every column that is stored,
// with its type and length, so that no two different rows have the same bytes
// (docs/formats/execution-log.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "execlog/proof/merkle.h"
#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

// One thread at a time. begin(), add() for each column of `record` where the entry is one,
// finish().
class EntryHasher {
 public:
  void begin(std::int64_t seq, std::int64_t kind, std::string_view json);
  void add(const sqlite::Cell& cell);
  // A value of a type that the log never writes: the hash will fit no tree.
  void add_foreign();
  Hash finish();

 private:
  void add(std::int64_t number);
  void add(std::string_view text);

  Sha256 sha256_;
  std::string bytes_;
};

}  // namespace larkspur::execlog
