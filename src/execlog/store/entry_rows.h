// The entries of a partition in their order, each with its leaf hash. For whoever builds the tree
// anew: the writer at a start, and the verifier.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "execlog/proof/entry_hash.h"
#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

class EntryRows {
 public:
  // Those whose seq is at least `from`. REQUIRES: `database` outlives this.
  static Result<EntryRows> select(sqlite::Database& database, std::int64_t from);

  // True while there is an entry. Views into it end with the next call.
  Result<bool> next();

  std::int64_t seq() const { return rows_.integer(0); }
  std::int64_t kind() const { return rows_.integer(1); }  // EntryKind, unless somebody changed it
  std::string_view json() const { return rows_.view(2); }
  std::string_view tool_call_id() const { return rows_.view(3); }  // of a record
  std::string_view tool() const { return rows_.view(6); }
  std::string_view status() const { return rows_.view(8); }
  Hash leaf();
  bool is_stored_leaf(const Hash& leaf) const;
  bool has_no_leaf() const;  // as in what comes from version 1

 private:
  explicit EntryRows(sqlite::Statement rows) : rows_(std::move(rows)) {}

  sqlite::Statement rows_;
  EntryHasher hasher_;
};

// The id in the JSON form of a record, which it begins with; "" in any other text.
std::string_view id_in(std::string_view json);

}  // namespace larkspur::execlog
