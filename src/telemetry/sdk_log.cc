#include "telemetry/sdk_log.h"

#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/sdk/common/global_log_handler.h>

#include <atomic>

namespace larkspur::telemetry {

namespace {

namespace internal_log = opentelemetry::sdk::common::internal_log;

std::atomic<std::uint64_t> messages{0};
thread_local std::uint64_t errors_here = 0;

class CountingHandler final : public internal_log::LogHandler {
 public:
  void Handle(internal_log::LogLevel level, const char*, int, const char*,
              const opentelemetry::sdk::common::AttributeMap&) noexcept override {
    messages.fetch_add(1, std::memory_order_relaxed);
    if (level == internal_log::LogLevel::Error) ++errors_here;
  }
};

}  // namespace

void count_sdk_messages() {
  static const bool installed = [] {
    internal_log::GlobalLogHandler::SetLogHandler(
        opentelemetry::nostd::shared_ptr<internal_log::LogHandler>(new CountingHandler));
    return true;
  }();
  static_cast<void>(installed);
}

std::uint64_t sdk_messages() {
  return messages.load(std::memory_order_relaxed);
}

std::uint64_t sdk_errors_of_this_thread() {
  return errors_here;
}

}  // namespace larkspur::telemetry
