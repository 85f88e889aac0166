#include <cstdio>

#include "app/commands.h"
#include "app/log/support.h"
#include "execlog/form/json_form.h"

namespace larkspur::app::log {

int list(const ListOptions& options) {
  auto filter = read_filter(options.filter, "--");
  if (!filter) return could_not(filter.error());
  filter->limit = options.limit;
  const auto records = reader_of(options).list(*filter);
  if (!records) return could_not(records.error());
  if (options.json) {
    for (const execlog::StoredRecord& each : *records) {
      std::printf("%s\n", execlog::to_json(each.record, execlog::View::kAudit).c_str());
    }
  } else if (records->empty()) {
    std::fprintf(stderr, "no calls match; see them all with: larkspur log --all\n");
  } else {
    std::fputs(execlog::render_list(*records, terminal()).c_str(), stdout);
  }
  return records->empty() ? kNo : kYes;
}

}  // namespace larkspur::app::log
