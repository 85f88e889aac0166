#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "app/commands.h"
#include "app/log/support.h"
#include "execlog/form/json_form.h"

namespace larkspur::app::log {

namespace {

// A reader of another process cannot be told of news; looking is one question to the newest file.
constexpr std::chrono::milliseconds kLook{200};

void print(const std::vector<execlog::StoredRecord>& records, bool json) {
  for (const execlog::StoredRecord& each : records) {
    if (json) {
      std::printf("%s\n", execlog::to_json(each.record, execlog::View::kAudit).c_str());
    } else {
      std::printf("%s\n", execlog::render_line(each.record).c_str());
    }
  }
  std::fflush(stdout);
}

}  // namespace

int tail(const TailOptions& options) {
  auto filter = read_filter(options.filter, "--");
  if (!filter) return could_not(filter.error());
  execlog::SqliteReader reader = reader_of(options);
  filter->limit = options.lines;
  auto records = reader.list(*filter);
  if (!records) return could_not(records.error());
  std::ranges::reverse(*records);
  print(*records, options.json);
  if (!options.follow) return records->empty() ? kNo : kYes;

  std::int64_t last = records->empty() ? 0 : records->back().seq;
  filter->oldest_first = true;
  filter->limit = execlog::kMaxRows;
  // Until standard output is closed or somebody presses Ctrl-C.
  while (std::ferror(stdout) == 0) {
    std::this_thread::sleep_for(kLook);
    filter->after_seq = last;
    const auto news = reader.list(*filter);
    if (!news) return could_not(news.error());
    print(*news, options.json);
    if (!news->empty()) last = news->back().seq;
  }
  return kYes;
}

}  // namespace larkspur::app::log
