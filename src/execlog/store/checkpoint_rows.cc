#include "execlog/store/checkpoint_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "execlog/store/sqlite_schema.h"

namespace larkspur::execlog {

CheckpointRow::CheckpointRow(const sqlite::Statement& row)
    : number(row.integer(0)),
      body(row.view(1)),
      is_whole(row.is_text(1) && row.is_blob(2) && row.view(2).size() == signature.size()) {
  std::ranges::copy(row.view(2).substr(0, signature.size()), signature.begin());
}

Result<Checkpoint> CheckpointRow::read() const {
  Result<Checkpoint> checkpoint = parse_checkpoint(body);
  if (!checkpoint) return checkpoint;
  if (!is_whole || checkpoint->number != number) {
    return fail(ErrorCode::kParse,
                fmt::format("the row of checkpoint {} is not as it was written", number));
  }
  if (!is_signed_by(checkpoint->key, body, signature)) {
    return fail(ErrorCode::kDenied,
                fmt::format("checkpoint {} is not what its key signed", number));
  }
  return checkpoint;
}

Result<ChainHead> chain_head_of(const Partition& partition) {
  Result<sqlite::Database> database = sqlite::Database::open_for_reading(partition.path);
  if (!database) return fail(std::move(database.error()));
  Result<sqlite::Statement> row = database->prepare(kSelectLastCheckpoint);
  if (!row) return fail(std::move(row.error()));
  const Result<bool> found = row->step();
  if (!found) return fail(found.error());
  if (!*found) return ChainHead{};
  const CheckpointRow last(*row);
  return ChainHead{.number = last.number, .digest = last.digest()};
}

}  // namespace larkspur::execlog
