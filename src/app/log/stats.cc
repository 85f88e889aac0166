#include <cstdio>

#include "app/commands.h"
#include "app/log/support.h"
#include "execlog/store/statistics.h"

namespace larkspur::app::log {

int stats(const StatsOptions& options) {
  const auto filter = read_filter(options.filter, "--");
  if (!filter) return could_not(filter.error());
  execlog::SqliteReader reader = reader_of(options);
  const auto statistics = execlog::statistics(reader, *filter);
  if (!statistics) return could_not(statistics.error());
  if (options.json) {
    std::printf("%s\n", execlog::to_json(*statistics).c_str());
  } else if (statistics->tools.empty()) {
    std::fprintf(stderr, "no calls match\n");
  } else {
    std::fputs(execlog::render(*statistics).c_str(), stdout);
  }
  return statistics->tools.empty() ? kNo : kYes;
}

}  // namespace larkspur::app::log
