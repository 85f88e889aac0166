#include "app/execution_log.h"

#include <utility>

#include "app/load_config.h"
#include "execlog/store/sqlite_store.h"

namespace larkspur::app {

namespace {

execlog::Capture capture_of(config::Capture capture) {
  switch (capture) {
    case config::Capture::kNone:
      return execlog::Capture::kNone;
    case config::Capture::kDigest:
      return execlog::Capture::kDigest;
    case config::Capture::kFull:
      return execlog::Capture::kFull;
  }
  std::unreachable();
}

Result<std::unique_ptr<execlog::CapturePolicy>> capture_policy(const config::ExecutionLog& settings,
                                                               const std::string& directory) {
  auto digester = execlog::Digester::with_key_in(directory + "/digest.key");
  if (!digester) return fail(std::move(digester.error()));
  std::vector<execlog::CaptureRule> rules;
  for (const config::CaptureRule& rule : settings.capture_rules) {
    rules.push_back({rule.tools, rule.principals, capture_of(rule.capture)});
  }
  return std::make_unique<execlog::CapturePolicy>(std::move(*digester),
                                                  capture_of(settings.capture), std::move(rules));
}

}  // namespace

std::string log_directory(const config::ExecutionLog& settings) {
  return settings.directory.empty() ? default_log_directory() : settings.directory;
}

Result<ExecutionLog> open_execution_log(const config::ExecutionLog& settings,
                                        execlog::Log::Options how) {
  if (!settings.enabled) return ExecutionLog{};
  execlog::SqliteStore::Options options;
  options.directory = log_directory(settings);
  options.signing_key = settings.signing_key;
  options.durable = settings.durability == config::Durability::kBeforeReply;
  options.retention = {.age = settings.retention_age,
                       .bytes = static_cast<std::int64_t>(settings.retention_bytes),
                       .entries = static_cast<std::int64_t>(settings.retention_records)};
  options.on_notice = how.on_notice;
  const std::string directory = options.directory;
  auto store = execlog::SqliteStore::open(std::move(options));
  if (!store) return fail(std::move(store.error()));
  auto capture = capture_policy(settings, directory);
  if (!capture) return fail(std::move(capture.error()));
  how.durable = settings.durability == config::Durability::kBeforeReply;
  how.unwritable = settings.when_unwritable == config::WhenUnwritable::kOpen
                       ? execlog::Unwritable::kPass
                       : execlog::Unwritable::kRefuse;
  how.overflow = settings.overflow == config::Overflow::kDrop ? execlog::Overflow::kDrop
                                                              : execlog::Overflow::kWait;
  return ExecutionLog{std::make_unique<execlog::Log>(std::move(*store), std::move(how)),
                      std::move(*capture)};
}

Health health_of(const execlog::Log* log, config::WhenUnwritable when_unwritable) {
  if (log == nullptr || !log->stats().unwritable) return {200, R"({"status":"ok"})"};
  constexpr std::string_view kJson = R"({"status":"degraded","execution_log":"unwritable"})";
  return {when_unwritable == config::WhenUnwritable::kClosed ? 503 : 200, kJson};
}

}  // namespace larkspur::app
