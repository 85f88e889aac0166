// Stands in front of every exporter: counts what fails, says once that exports fail, and stops
// exporting when the time for shutting down is over, so that a receiver that hangs cannot hold up
// the exit.
#pragma once

#include <opentelemetry/sdk/common/exporter_utils.h>
#include <opentelemetry/sdk/metrics/push_metric_exporter.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "telemetry/cells.h"
#include "telemetry/sdk_log.h"

namespace larkspur::telemetry {

// Shared by the exporters of one process. Any thread.
class ExportGate {
 public:
  using ExportResult = opentelemetry::sdk::common::ExportResult;
  using Clock = std::chrono::steady_clock;

  explicit ExportGate(std::function<void(std::string_view)> report) : report_(std::move(report)) {}

  // Runs `export_batch` unless the gate is closed, and keeps the books of `signal`, which says what
  // goes where ("spans to http://collector:4318/v1/traces").
  template <class F>
  ExportResult pass(std::string_view signal, std::atomic<bool>& failing, F export_batch) {
    if (Clock::now().time_since_epoch().count() >= closes_at_.load(std::memory_order_relaxed)) {
      failures_.fetch_add(1, std::memory_order_relaxed);
      return ExportResult::kFailure;
    }
    const std::uint64_t errors_before = sdk_errors_of_this_thread();
    const ExportResult result = export_batch();
    const bool failed =
        result != ExportResult::kSuccess || sdk_errors_of_this_thread() != errors_before;
    if (failed) failures_.fetch_add(1, std::memory_order_relaxed);
    if (failing.exchange(failed) != failed) tell(signal, failed);
    return result;
  }

  void close_after(std::chrono::milliseconds patience) {
    closes_at_.store((Clock::now() + patience).time_since_epoch().count());
  }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  // The signals share a receiver, so the first that fails speaks for all, and the last that works
  // again.
  void tell(std::string_view signal, bool failed) {
    const int before = failed ? failing_signals_.fetch_add(1) : failing_signals_.fetch_sub(1);
    if (!report_ || before != (failed ? 0 : 1)) return;
    report_(failed ? "telemetry cannot be exported (" + std::string(signal) +
                         "): the OTLP receiver is down, too slow or refuses it; what is measured "
                         "is dropped until it is back"
                   : "telemetry is exported again");
  }

  std::function<void(std::string_view)> report_;
  std::atomic<int> failing_signals_{0};
  std::atomic<Clock::rep> closes_at_{Clock::duration::max().count()};
  std::atomic<std::uint64_t> failures_{0};
};

class GatedMetricExporter final : public opentelemetry::sdk::metrics::PushMetricExporter {
 public:
  using Base = opentelemetry::sdk::metrics::PushMetricExporter;

  // Exports what `cells` hold beside what the SDK collects; they outlive this.
  GatedMetricExporter(std::string signal, std::unique_ptr<Base> next, const Cells& cells,
                      ExportGate& gate)
      : signal_(std::move(signal)), next_(std::move(next)), cells_(cells), gate_(gate) {}

  ExportGate::ExportResult Export(
      const opentelemetry::sdk::metrics::ResourceMetrics& data) noexcept override {
    opentelemetry::sdk::metrics::ResourceMetrics all = data;
    cells_.append_to(all);
    return gate_.pass(signal_, failing_, [&] { return next_->Export(all); });
  }
  opentelemetry::sdk::metrics::AggregationTemporality GetAggregationTemporality(
      opentelemetry::sdk::metrics::InstrumentType type) const noexcept override {
    return next_->GetAggregationTemporality(type);
  }
  bool ForceFlush(std::chrono::microseconds timeout) noexcept override {
    return next_->ForceFlush(timeout);
  }
  bool Shutdown(std::chrono::microseconds timeout) noexcept override {
    return next_->Shutdown(timeout);
  }

 private:
  const std::string signal_;
  std::unique_ptr<Base> next_;
  const Cells& cells_;
  ExportGate& gate_;
  std::atomic<bool> failing_{false};
};

}  // namespace larkspur::telemetry
