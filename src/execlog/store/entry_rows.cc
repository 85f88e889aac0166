#include "execlog/store/entry_rows.h"

#include <algorithm>

#include "execlog/store/sqlite_schema.h"

namespace larkspur::execlog {

namespace {

constexpr int kFirstCell = 3, kLeaf = kFirstCell + static_cast<int>(kRecordColumns);

}  // namespace

Result<EntryRows> EntryRows::select(sqlite::Database& database, std::int64_t from) {
  Result<sqlite::Statement> rows = database.prepare(
      "SELECT payload.seq, kind, json, tool_call_id, start_ms, duration_ms, tool, backend, status, "
      "parent_id, session_id, principal, trace_id, script_hash, leaf FROM payload LEFT JOIN record "
      "USING "
      "(seq) WHERE payload.seq >= ? ORDER BY payload.seq");
  if (!rows) return fail(std::move(rows.error()));
  rows->bind(1, from);
  return EntryRows(std::move(*rows));
}

Result<bool> EntryRows::next() {
  return rows_.step();
}

Hash EntryRows::leaf() {
  hasher_.begin(seq(), kind(), json());
  if (kind() == static_cast<std::int64_t>(EntryKind::kRecord)) {
    for (std::size_t column = 0; column < kRecordColumns; ++column) {
      if (const auto cell = rows_.cell(static_cast<int>(column) + kFirstCell)) {
        hasher_.add(*cell);
      } else {
        hasher_.add_foreign();
      }
    }
  }
  // Read as what they should be, values of another type look the same; the type was written, too.
  if (!rows_.is_integer(1) || !rows_.is_text(2)) hasher_.add_foreign();
  return hasher_.finish();
}

bool EntryRows::has_no_leaf() const {
  return rows_.is_blob(kLeaf) && rows_.view(kLeaf).empty();
}

bool EntryRows::is_stored_leaf(const Hash& leaf) const {
  return rows_.is_blob(kLeaf) && std::ranges::equal(rows_.view(kLeaf), leaf, [](char a, auto b) {
           return static_cast<unsigned char>(a) == b;
         });
}

std::string_view id_in(std::string_view json) {
  constexpr std::string_view kBegin = R"({"tool_call_id":")";
  if (!json.starts_with(kBegin)) return {};
  json.remove_prefix(kBegin.size());
  return json.substr(0, json.find('"'));  // an id has nothing that is escaped
}

}  // namespace larkspur::execlog
