#include "execlog/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "execlog/call_id.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kMaxBatch = 2048;                          // records in one transaction
constexpr std::size_t kMaxBatchContent = std::size_t{16} << 20;  // bytes of contents, about

// What stands in the log in the place of records that are not there.
Record gap_record(std::uint64_t lost) {
  const EpochMs now = wall_clock_ms();
  Record record;
  record.tool_name = "execution_log_gap";
  record.tool_call_id = make_tool_call_id(record.tool_name, "", now);
  record.start_time = now;
  record.end_time = now;
  record.duration_ms = 0;
  record.status = Status::kFailed;
  record.error = fmt::format(
      "{} records were dropped here because the store could not keep up with the calls. Look at "
      "the "
      "disk, raise the log's capacity, or set its overflow policy to wait.",
      lost);
  record.metadata = Metadata{.error_type = "gap",
                             .error_code = "execution_log_gap",
                             .failure_stage = FailureStage::kInternal,
                             .caused_by = {},
                             .further = {{"records_lost", static_cast<std::int64_t>(lost)}}};
  return record;
}

}  // namespace

Log::Log(std::unique_ptr<Store> store, Options options)
    : store_(std::move(store)), options_(std::move(options)), writer_([this] { run(); }) {}

Log::~Log() {
  stopping_ = true;
  signal_.raise();
  writer_.join();
}

bool Log::ready() const {
  return options_.overflow == Overflow::kDrop ||
         (depth_.load(std::memory_order_relaxed) < options_.capacity &&
          content_bytes_.load(std::memory_order_relaxed) < options_.content_capacity);
}

bool Log::take_room(std::size_t content_bytes) {
  const std::size_t before = content_bytes_.fetch_add(content_bytes, std::memory_order_relaxed);
  // Under kWait only calls that are under way come here when there is no room: they are let in.
  if (options_.overflow == Overflow::kWait || before + content_bytes <= options_.content_capacity) {
    return true;
  }
  content_bytes_.fetch_sub(content_bytes, std::memory_order_relaxed);
  return false;
}

Async<> Log::wait_until_ready() {
  if (ready()) co_return;
  // Looks again now and then: a writer that had to wake loops would need to know them all.
  Timer timer(co_await asio::this_coro::executor);
  while (!ready()) {
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(kAwait);
  }
}

void Log::push(std::unique_ptr<QueueEntry> entry) {
  const std::size_t before = depth_.fetch_add(1, std::memory_order_relaxed);
  if (before >= options_.capacity && options_.overflow == Overflow::kDrop) {
    depth_.fetch_sub(1, std::memory_order_relaxed);
    for (const Content& content : entry->contents) {
      content_bytes_.fetch_sub(content.text.size(), std::memory_order_relaxed);
    }
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  pushed_.fetch_add(1, std::memory_order_relaxed);
  if (queue_.push(std::move(entry))) signal_.raise();
}

Result<void> Log::flush(std::chrono::milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  const std::uint64_t target = pushed_;
  signal_.raise();
  while (handled_ < target) {
    if (SteadyClock::now() >= deadline) {
      const Stats now = stats();
      return larkspur::fail(
          ErrorCode::kTimeout,
          fmt::format("{} records of the execution log were not written within {} ms{}{}",
                      target - handled_, patience.count(), now.last_error.empty() ? "" : ": ",
                      now.last_error));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

Log::Stats Log::stats() const {
  Stats stats{.written = written_,
              .dropped = dropped_,
              .failed_writes = failed_writes_,
              .queue_depth = depth_,
              .last_error = {}};
  const std::lock_guard lock(error_mutex_);
  stats.last_error = last_error_;
  return stats;
}

void Log::run() {
  for (;;) {
    // Before the look, so that what was pushed before the stop is seen after it.
    const bool stop = stopping_;
    if (QueueEntry* chain = queue_.take_all()) {
      write(chain);
    } else if (stop) {
      note_gap();
      return;
    } else {
      signal_.wait();
      if (!stopping_) signal_.wait_for(options_.gather);
    }
  }
}

void Log::write(QueueEntry* chain) {
  std::vector<std::unique_ptr<QueueEntry>> owned;
  std::vector<Record*> records;
  std::vector<const Blob*> blobs;
  owned.reserve(kMaxBatch);
  records.reserve(kMaxBatch);
  while (chain != nullptr) {
    owned.clear();
    records.clear();
    blobs.clear();
    std::size_t content_bytes = 0;
    while (chain != nullptr && records.size() < kMaxBatch && content_bytes < kMaxBatchContent) {
      QueueEntry& entry = *owned.emplace_back(std::exchange(chain, chain->next));
      for (const Content& content : entry.contents) content_bytes += content.text.size();
      entry.blobs = settle(std::move(entry.contents), entry.record);
      records.push_back(&entry.record);
      for (const Blob& blob : entry.blobs) blobs.push_back(&blob);
    }
    append({.records = records, .blobs = blobs});
    content_bytes_.fetch_sub(content_bytes, std::memory_order_relaxed);
    depth_.fetch_sub(records.size(), std::memory_order_relaxed);
    note_gap();
    handled_ += records.size();
  }
}

void Log::append(const Batch& batch) {
  for (;;) {
    const bool last_attempt = stopping_;
    const Stopwatch stopwatch;
    const Result<void> done = store_->append(batch);
    if (options_.on_write) options_.on_write(stopwatch.elapsed());
    if (done) {
      set_trouble(nullptr);
      written_ += batch.records.size();
      return;
    }
    ++failed_writes_;
    set_trouble(&done.error());
    if (last_attempt) {
      dropped_ += batch.records.size();
      return;
    }
    signal_.wait_for(options_.retry);
  }
}

void Log::note_gap() {
  const std::uint64_t dropped = dropped_;
  if (dropped == gaps_noted_) return;
  Record gap = gap_record(dropped - gaps_noted_);
  Record* const records[] = {&gap};
  // Tried again with the next batch if the store refuses; the count is kept until then.
  if (store_->append({.records = records, .blobs = {}})) gaps_noted_ = dropped;
}

void Log::set_trouble(const Error* error) {
  std::string news;
  {
    const std::lock_guard lock(error_mutex_);
    if (error != nullptr && last_error_.empty()) {
      news = fmt::format("The execution log cannot be written and is tried again every {} ms: {}",
                         options_.retry.count(), error->message);
    } else if (error == nullptr && !last_error_.empty()) {
      news = "The execution log is written again.";
    }
    last_error_ = error != nullptr ? error->message : std::string();
  }
  if (!news.empty() && options_.on_trouble) options_.on_trouble(news);
}

}  // namespace larkspur::execlog
