#include "execlog/store/retention.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/random.h"
#include "execlog/store/checkpoint_rows.h"
#include "execlog/store/sqlite.h"
#include "execlog/store/sqlite_schema.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::execlog {

Doomed doomed(const std::vector<PartitionFacts>& oldest_first, const Retention& retention,
              EpochMs now) {
  std::int64_t bytes = 0, entries = 0;
  for (const PartitionFacts& each : oldest_first) {
    bytes += each.bytes;
    entries += each.entries;
  }
  Doomed result;
  while (result.count + 1 < oldest_first.size()) {
    const PartitionFacts& oldest = oldest_first[result.count];
    if (retention.age.count() > 0 && now - oldest.last_change > retention.age.count()) {
      result.reason = "age";
    } else if (retention.bytes > 0 && bytes > retention.bytes) {
      result.reason = "bytes";
    } else if (retention.entries > 0 && entries - oldest.entries >= retention.entries) {
      result.reason = "entries";  // what is promised is kept, though a part of a partition is more
    } else {
      break;
    }
    bytes -= oldest.bytes;
    entries -= oldest.entries;
    ++result.count;
  }
  return result;
}

Result<std::vector<PartitionFacts>> facts_of(const std::string& directory, std::int64_t next_seq) {
  Result<std::vector<Partition>> partitions = list_partitions(directory);
  if (!partitions) return fail(std::move(partitions.error()));
  std::vector<PartitionFacts> all;
  for (std::size_t i = 0; i < partitions->size(); ++i) {
    const Partition& each = (*partitions)[i];
    const bool newest = i + 1 == partitions->size();
    PartitionFacts facts{
        .partition = each,
        .entries = (newest ? next_seq : (*partitions)[i + 1].first_seq) - each.first_seq};
    for (const char* companion : {"", "-wal"}) {
      struct stat status{};
      if (stat((each.path + companion).c_str(), &status) != 0) continue;
      facts.bytes += status.st_size;
      facts.last_change = std::max<EpochMs>(facts.last_change, status.st_mtim.tv_sec * 1000);
    }
    all.push_back(std::move(facts));
  }
  return all;
}

std::string to_json(const Tombstone& tombstone) {
  json::Writer out;
  out.begin_object();
  out.key("first_seq").integer(tombstone.first_seq);
  out.key("removed_before").integer(tombstone.removed_before);
  out.key("checkpoint").integer(tombstone.checkpoint);
  out.key("checkpoint_digest").string(to_hex(tombstone.checkpoint_digest));
  out.key("root").string(to_hex(tombstone.root));
  out.key("bytes").integer(tombstone.bytes);
  out.key("oldest").integer(tombstone.oldest);
  out.key("newest").integer(tombstone.newest);
  out.key("reason").string(tombstone.reason);
  out.key("time").integer(tombstone.time);
  out.end_object();
  return out.take();
}

Result<Tombstone> parse_tombstone(std::string_view text) {
  const auto document = json::Document::parse(std::string(text));
  if (!document) return fail(document.error());
  const json::Value root = document->root();
  Tombstone tombstone{.first_seq = root["first_seq"].integer().value_or(0),
                      .removed_before = root["removed_before"].integer().value_or(0),
                      .checkpoint = root["checkpoint"].integer().value_or(0),
                      .bytes = root["bytes"].integer().value_or(0),
                      .oldest = root["oldest"].integer().value_or(0),
                      .newest = root["newest"].integer().value_or(0),
                      .reason = std::string(root["reason"].string()),
                      .time = root["time"].integer().value_or(0)};
  const auto digest = hash_from_hex(root["checkpoint_digest"].string());
  const auto tree = hash_from_hex(root["root"].string());
  tombstone.checkpoint_digest = digest.value_or(Hash{});
  tombstone.root = tree.value_or(Hash{});
  if (!digest || !tree || to_json(tombstone) != text) {
    return fail(ErrorCode::kParse, "a tombstone is not as the log writes it");
  }
  return tombstone;
}

Result<Tombstone> tombstone_for(const PartitionFacts& facts, std::string_view reason) {
  Result<sqlite::Database> database = sqlite::Database::open_for_reading(facts.partition.path);
  if (!database) return fail(std::move(database.error()));
  Result<sqlite::Statement> row = database->prepare(kSelectLastCheckpoint);
  if (!row) return fail(std::move(row.error()));
  const Result<bool> found = row->step();
  if (!found) return fail(found.error());
  if (!*found) return fail(ErrorCode::kParse, facts.partition.path + " has no checkpoint");
  const CheckpointRow last(*row);
  const Result<Checkpoint> checkpoint = last.read();
  const Result<std::int64_t> oldest = database->integer("SELECT min(start_ms) FROM record");
  const Result<std::int64_t> newest = database->integer("SELECT max(start_ms) FROM record");
  return Tombstone{.first_seq = facts.partition.first_seq,
                   .removed_before = facts.partition.first_seq + facts.entries,
                   .checkpoint = last.number,
                   .checkpoint_digest = last.digest(),
                   .root = checkpoint ? checkpoint->root : Hash{},
                   .bytes = facts.bytes,
                   .oldest = oldest.value_or(0),
                   .newest = newest.value_or(0),
                   .reason = std::string(reason),
                   .time = wall_clock_ms()};
}

}  // namespace larkspur::execlog
