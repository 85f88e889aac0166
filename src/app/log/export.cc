#include <cstdio>

#include "app/commands.h"
#include "app/log/support.h"
#include "execlog/form/export.h"
#include "execlog/form/json_form.h"

namespace larkspur::app::log {

// The oldest record first, so that an import gives the same order again.
int export_records(const ExportOptions& options) {
  auto filter = read_filter(options.filter, "--");
  if (!filter) return could_not(filter.error());
  filter->oldest_first = true;
  if (options.format == "csv") std::fputs(execlog::kCsvHeader, stdout);
  std::size_t count = 0;
  Result<void> readable;
  const auto write = [&](std::int64_t seq, std::string_view json) {
    ++count;
    if (options.format == "jsonl") {
      std::fwrite(json.data(), 1, json.size(), stdout);
      return std::fputc('\n', stdout) != EOF;
    }
    const auto record = execlog::from_json(std::string(json));
    if (!record) {
      readable =
          fail(ErrorCode::kParse, "record " + std::to_string(seq) + ": " + record.error().message);
      return false;
    }
    const std::string text =
        options.format == "csv" ? execlog::to_csv(*record) : execlog::to_otlp(*record) + "\n";
    return std::fputs(text.c_str(), stdout) != EOF;
  };
  execlog::SqliteReader reader = reader_of(options);
  if (const auto done = reader.each(*filter, write); !done) return could_not(done.error());
  if (!readable) return could_not(readable.error());
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return could_not({ErrorCode::kIo, "standard output cannot be written"});
  }
  std::fprintf(stderr, "%zu records\n", count);
  return count == 0 ? kNo : kYes;
}

}  // namespace larkspur::app::log
