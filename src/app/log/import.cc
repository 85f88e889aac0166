#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <vector>

#include "app/commands.h"
#include "app/log/support.h"
#include "base/text.h"
#include "execlog/form/json_form.h"
#include "execlog/store/sqlite_store.h"

namespace larkspur::app::log {

namespace {

constexpr std::size_t kBatch = 1000;

bool has_records(const ImportOptions& options) {
  const auto some = reader_of(options).list({.top_level_only = false, .limit = 1});
  return some && !some->empty();
}

Result<void> append(execlog::SqliteStore& store, std::vector<execlog::Record>& records) {
  std::vector<execlog::Record*> batch;
  for (execlog::Record& record : records) batch.push_back(&record);
  const Result<void> done = store.append({.records = batch, .blobs = {}});
  records.clear();
  return done;
}

// Every line is a record, or nothing of its batch is written.
Result<std::size_t> import_lines(std::istream& lines, execlog::SqliteStore& store) {
  std::vector<execlog::Record> records;
  std::size_t number = 0, count = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (trim(line).empty()) continue;
    auto record = execlog::from_json(std::move(line));
    if (!record) {
      return fail(ErrorCode::kParse, fmt::format("line {}: {}; {} records before it are imported",
                                                 number, record.error().message, count));
    }
    records.push_back(std::move(*record));
    if (records.size() < kBatch) continue;
    count += records.size();
    if (const auto done = append(store, records); !done) return fail(done.error());
  }
  count += records.size();
  if (const auto done = append(store, records); !done) return fail(done.error());
  return count;
}

}  // namespace

int import_records(const ImportOptions& options) {
  if (!options.append && has_records(options)) {
    return could_not(
        {ErrorCode::kAlreadyExists,
         fmt::format("{} has records already; import into another --directory, or add to "
                     "them with --append",
                     directory_of(options))});
  }
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file);
    if (!file) return could_not({ErrorCode::kIo, "cannot read " + options.file});
  }
  auto store = execlog::SqliteStore::open({.directory = directory_of(options)});
  if (!store) return could_not(store.error());
  const auto count = import_lines(options.file == "-" ? std::cin : file, **store);
  if (!count) return could_not(count.error());
  if (options.json) {
    std::printf("{\"records\":%zu}\n", *count);
  } else {
    std::fprintf(stderr, "%zu records\n", *count);
  }
  return *count == 0 ? kNo : kYes;
}

}  // namespace larkspur::app::log
