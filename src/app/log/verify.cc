#include <fmt/format.h>

#include <cstdio>

#include "app/commands.h"
#include "app/log/commands.h"
#include "app/log/support.h"
#include "base/random.h"
#include "base/text.h"
#include "execlog/proof/verify.h"
#include "execlog/store/log_files.h"
#include "json/writer.h"

namespace larkspur::app::log {

namespace {

using execlog::VerifyReport;

// A key is given as 64 hex digits, or as a file of such lines.
Result<execlog::VerifyOptions> options_of(const VerifyOptions& options) {
  execlog::VerifyOptions how{.trusted = {}, .heads = {}, .deep = options.deep};
  for (const std::string& each : options.keys) {
    if (const auto key = execlog::hash_from_hex(each)) {
      how.trusted.push_back(*key);
      continue;
    }
    const auto keys = execlog::read_public_keys(each);
    if (!keys) return fail(ErrorCode::kInvalidArgument, "--key: " + keys.error().message);
    how.trusted.insert(how.trusted.end(), keys->begin(), keys->end());
  }
  for (const std::string& each : options.heads) {
    const auto text = execlog::read_small_file(each);
    if (!text) return fail(ErrorCode::kInvalidArgument, "--head: " + text.error().message);
    auto head = execlog::parse_signed_checkpoint(*text);
    if (!head) {
      return fail(ErrorCode::kInvalidArgument, "--head: " + each + ": " + head.error().message);
    }
    how.heads.push_back(std::move(*head));
  }
  return how;
}

std::string to_json(const VerifyReport& report) {
  json::Writer out;
  out.begin_object();
  out.key("result").string(report.damage_count == 0 ? "proven" : "broken");
  const auto number = [&](std::string_view name, std::int64_t value) {
    out.key(name).integer(value);
  };
  number("proven", report.proven);
  number("in_doubt", report.in_doubt);
  number("recovered", report.recovered);
  number("gaps", report.gaps);
  number("lost", report.lost);
  number("unknown", report.unknown);
  number("under_way", report.under_way);
  out.key("closed").boolean(report.closed);
  number("entries", report.entries);
  number("records", report.records);
  number("intents", report.intents);
  number("tombstones", report.tombstones);
  number("blobs", report.blobs);
  number("missing", report.missing);
  number("checkpoints", report.checkpoints);
  number("partitions", report.partitions);
  number("removed_before", report.removed_before);
  out.key("head").begin_object();
  number("number", report.head.number);
  out.key("digest").string(to_hex(report.head.digest)).end_object();
  number("damage_count", report.damage_count);
  out.key("damages").begin_array();
  for (const execlog::Damage& each : report.damages) {
    out.begin_object().key("file").string(each.file);
    if (each.seq != 0) number("seq", each.seq);
    if (each.last_seq != 0) number("last_seq", each.last_seq);
    out.key("what").string(printable(each.what)).end_object();
  }
  out.end_array().end_object();
  return out.take();
}

void print_damages(const VerifyReport& report) {
  std::printf("BROKEN: %lld places are not as they were written\n",
              static_cast<long long>(report.damage_count));
  for (const execlog::Damage& each : report.damages) {
    std::string place;
    if (each.seq != 0) place = fmt::format(", entry {}", each.seq);
    if (each.last_seq != 0) place = fmt::format(", entries {} to {}", each.seq, each.last_seq);
    fmt::print("  {}{}: {}\n", each.file, place, printable(each.what));
  }
  if (report.damage_count > static_cast<std::int64_t>(report.damages.size())) {
    std::puts("  (and more)");
  }
}

void print_report(const VerifyReport& report) {
  if (report.damage_count > 0) {
    print_damages(report);
  } else {
    fmt::print("proven: {} of {} entries, by {} checkpoints in {} files\n", report.proven,
               report.entries, report.checkpoints, report.partitions);
  }
  fmt::print("  {} records, {} intents, {} contents\n", report.records, report.intents,
             report.blobs);
  if (report.missing > 0) fmt::print("  erased: {} contents are gone\n", report.missing);
  if (report.in_doubt > 0) {
    fmt::print(
        "  in doubt: {} entries after the last checkpoint. The writer is at work, or it did "
        "not stop in order\n",
        report.in_doubt);
  } else if (!report.closed) {
    std::puts("  no closing checkpoint: the writer is at work, or it did not stop in order");
  }
  if (report.recovered > 0) {
    fmt::print(
        "  recovered: {} of the entries were signed only at the start after an unclean stop\n",
        report.recovered);
  }
  if (report.gaps > 0) {
    fmt::print("  gap: {} times; {} calls have no record\n", report.gaps, report.lost);
  }
  if (report.unknown > 0) {
    fmt::print("  unknown: {} calls were under way when their gateway stopped\n", report.unknown);
  }
  if (report.under_way > 0) fmt::print("  under way: {} calls\n", report.under_way);
  if (report.removed_before > 1) {
    fmt::print("  removed by retention: the {} entries before {}\n", report.removed_before - 1,
               report.removed_before);
  }
  fmt::print("  head: checkpoint {}, {}\n", report.head.number, to_hex(report.head.digest));
}

}  // namespace

int verify(const VerifyOptions& options) {
  const auto how = options_of(options);
  if (!how) return could_not(how.error());
  const auto report = execlog::verify(directory_of(options), *how);
  if (!report) {
    could_not(report.error());
    return kCouldNot;
  }
  if (options.json) {
    std::printf("%s\n", to_json(*report).c_str());
  } else {
    print_report(*report);
  }
  return report->damage_count == 0 ? kYes : kNo;
}

}  // namespace larkspur::app::log
