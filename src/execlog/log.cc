#include "execlog/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "execlog/call_id.h"
#include "execlog/store/sqlite_schema.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kMaxBatch = 2048;                          // records in one transaction
constexpr std::size_t kMaxBatchContent = std::size_t{16} << 20;  // bytes of contents, about

// What stands in the log in the place of records that are not there.
Record gap_record(std::uint64_t lost, std::uint64_t refused) {
  const EpochMs now = wall_clock_ms();
  Record record;
  record.tool_name = kGapTool;
  record.tool_call_id = make_tool_call_id(record.tool_name, "", now);
  record.start_time = now;
  record.end_time = now;
  record.duration_ms = 0;
  record.status = Status::kFailed;
  record.error = fmt::format(
      "{} records were dropped here, and {} calls refused, because the store could not keep up "
      "with "
      "the calls. Look at the disk, raise the log's capacity, or set its overflow policy to wait.",
      lost, refused);
  record.metadata = Metadata{.error_type = "gap",
                             .error_code = "execution_log_gap",
                             .failure_stage = FailureStage::kInternal,
                             .caused_by = {},
                             .further = {{"records_lost", static_cast<std::int64_t>(lost)},
                                         {"calls_refused", static_cast<std::int64_t>(refused)}}};
  return record;
}

// Of what the Recording counted with take_room().
std::size_t content_bytes_of(const CallEntry& call) {
  std::size_t bytes = call.arguments ? call.arguments->text.size() : 0;
  for (const Content& content : call.contents) bytes += content.text.size();
  return bytes;
}

// What was left to the writer's thread.
void complete(CallEntry& call) {
  if (call.principal) call.record.principal = std::exchange(call.principal, std::nullopt);
  if (call.arguments) {
    const Content& of = *call.arguments;
    put_digest(of.what, of.text, *of.digester, call.record);
    call.arguments.reset();
  }
  if (call.contents.empty()) return;
  call.blobs = settle(std::exchange(call.contents, {}), call.record);
}

void answer(QueueEntry& entry, const Result<void>& result) {
  if (entry.on_settled) std::exchange(entry.on_settled, nullptr)(result);
}

}  // namespace

Log::Log(std::unique_ptr<Store> store, Options options)
    : store_(std::move(store)), options_(std::move(options)), writer_([this] { run(); }) {}

Log::~Log() {
  stopping_ = true;
  signal_.raise();
  writer_.join();
}

bool Log::has_room() const {
  return depth_.load(std::memory_order_relaxed) < options_.capacity &&
         content_bytes_.load(std::memory_order_relaxed) < options_.content_capacity;
}

bool Log::ready() const {
  if (unwritable_.load(std::memory_order_relaxed)) return options_.unwritable == Unwritable::kPass;
  return options_.overflow == Overflow::kDrop || has_room();
}

bool Log::take_room(std::size_t content_bytes) {
  const std::size_t before = content_bytes_.fetch_add(content_bytes, std::memory_order_relaxed);
  // Under kWait only calls that are under way come here when there is no room: they are let in. But
  // where calls pass although nothing is written, there is no end to them.
  const bool passing = options_.unwritable == Unwritable::kPass && unwritable_;
  const bool must_fit = options_.overflow == Overflow::kDrop || passing;
  if (!must_fit || before + content_bytes <= options_.content_capacity) return true;
  content_bytes_.fetch_sub(content_bytes, std::memory_order_relaxed);
  return false;
}

Async<Result<void>> Log::admit() {
  // Looks again now and then: a writer that had to wake loops would need to know them all.
  Timer timer(co_await asio::this_coro::executor);
  while (!ready()) {
    if (unwritable_) {
      ++refused_;
      co_return unwritable_error();
    }
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(kAwait);
  }
  co_return Result<void>();
}

Result<void> Log::unwritable_error() const {
  return fail(
      ErrorCode::kUnavailable,
      fmt::format("the execution log cannot be written, and without it no tool may be called "
                  "(executionLog.whenUnwritable): {}",
                  stats().last_error));
}

void Log::push(QueueEntryPtr entry) {
  if (entry->is_intent) {
    pushed_.fetch_add(1, std::memory_order_relaxed);
    if (queue_.push(std::move(entry))) signal_.raise();
    return;
  }
  const std::size_t before = depth_.fetch_add(1, std::memory_order_relaxed);
  const bool may_drop =
      options_.overflow == Overflow::kDrop ||
      (options_.unwritable == Unwritable::kPass && unwritable_.load(std::memory_order_relaxed));
  if (before >= options_.capacity && may_drop) {
    depth_.fetch_sub(1, std::memory_order_relaxed);
    content_bytes_.fetch_sub(content_bytes_of(entry->call), std::memory_order_relaxed);
    dropped_.fetch_add(1, std::memory_order_relaxed);
    answer(*entry, fail(ErrorCode::kLimit, "the execution log's queue is full"));
    return;
  }
  pushed_.fetch_add(1, std::memory_order_relaxed);
  if (queue_.push(std::move(entry))) signal_.raise();
}

Async<Result<void>> Log::push_durably(QueueEntryPtr entry) {
  const Executor loop = co_await asio::this_coro::executor;
  const auto initiate = [this, &loop](auto handler, QueueEntryPtr waiting) {
    waiting->on_settled = [loop, resume = std::move(handler)](const Result<void>& result) mutable {
      asio::post(loop,
                 [result, resume = std::move(resume)]() mutable { std::move(resume)(result); });
    };
    push(std::move(waiting));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>,
                                          void(Result<void>)>(initiate, kAwait, std::move(entry));
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
              .refused = refused_,
              .failed_writes = failed_writes_,
              .queue_depth = depth_,
              .unwritable = unwritable_,
              .last_error = {}};
  const std::lock_guard lock(error_mutex_);
  stats.last_error = last_error_;
  return stats;
}

void Log::run() {
  for (;;) {
    // Before the look, so that what was pushed before the stop is seen after it.
    const bool stop = stopping_;
    gather();
    if (!backlog_.empty()) {
      write_some();
    } else if (stop) {
      note_gap();
      return;
    } else {
      idle();
    }
    // What fails is tried again before anything else is done.
    if (untended_ && !failing_since_ && SteadyClock::now() - tended_ >= options_.tend) tend();
  }
}

void Log::gather() {
  for (QueueEntry* entry = queue_.take_all(); entry != nullptr;) {
    if (!entry->is_intent) entry->call.content_bytes = content_bytes_of(entry->call);
    backlog_.emplace_back(std::exchange(entry, entry->next));
  }
}

// Until there is something to write, or the store's chores are due.
void Log::idle() {
  constexpr std::chrono::milliseconds kQuiet = std::chrono::minutes(1);
  const auto due = tended_ + (untended_ ? options_.tend : kQuiet);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - SteadyClock::now());
  if (left.count() > 0) {
    signal_.wait_for(left);
    if (!stopping_ && !options_.durable && SteadyClock::now() < due) {
      signal_.wait_for(options_.gather);
    }
  }
  if (SteadyClock::now() >= due) tend();
}

// One transaction of what waits the longest. Where the store refuses it, it stays.
void Log::write_some() {
  std::vector<Record*> records, intents;
  std::deque<Record> begun;
  std::vector<const Blob*> blobs;
  std::size_t count = 0, content_bytes = 0;
  for (; count < std::min(backlog_.size(), kMaxBatch) && content_bytes < kMaxBatchContent;
       ++count) {
    CallEntry& call = backlog_[count]->call;
    if (backlog_[count]->is_intent) {
      // Of a call that has ended since then there is the record.
      if (call.has_ended.load(std::memory_order_acquire)) continue;
      intents.push_back(&begun.emplace_back(call.read_intent()));
      continue;
    }
    content_bytes += call.content_bytes;
    complete(call);
    records.push_back(&call.record);
    for (const Blob& blob : call.blobs) blobs.push_back(&blob);
  }
  const bool last_attempt = stopping_;
  const Result<void> done = records.empty() && intents.empty()
                                ? Result<void>()
                                : append({.records = records, .blobs = blobs, .intents = intents});
  if (!done && !last_attempt) return pause();
  (done ? written_ : dropped_) += records.size();
  depth_.fetch_sub(records.size(), std::memory_order_relaxed);
  content_bytes_.fetch_sub(content_bytes, std::memory_order_relaxed);
  for (std::size_t i = 0; i < count; ++i) {
    QueueEntry& entry = *backlog_.front();
    answer(entry, done);
    if (done && options_.on_written && !entry.is_intent) {
      options_.on_written(std::move(entry.call.record));
    }
    backlog_.pop_front();
  }
  if (done) note_gap();
  handled_ += count;
}

// Until the next attempt; what is pushed meanwhile does not hurry it.
void Log::pause() {
  const auto until = SteadyClock::now() + options_.retry;
  while (!stopping_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    if (left.count() <= 0) return;
    signal_.wait_for(left);
  }
}

Result<void> Log::append(const Batch& batch) {
  const Stopwatch stopwatch;
  Result<void> done = store_->append(batch);
  if (options_.on_write) options_.on_write(stopwatch.elapsed());
  if (!done) ++failed_writes_;
  set_trouble(done ? nullptr : &done.error());
  if (done) untended_ = true;
  return done;
}

void Log::tend() {
  tended_ = SteadyClock::now();
  const Result<void> done = store_->tend();
  untended_ = !done;
  set_trouble(done ? nullptr : &done.error());
}

void Log::note_gap() {
  const std::uint64_t dropped = dropped_, refused = refused_;
  if (dropped == gaps_noted_ && refused == refusals_noted_) return;
  Record gap = gap_record(dropped - gaps_noted_, refused - refusals_noted_);
  Record* const records[] = {&gap};
  // Tried again with the next batch if the store refuses; the count is kept until then.
  if (!store_->append({.records = records, .blobs = {}})) return;
  gaps_noted_ = dropped;
  refusals_noted_ = refused;
  untended_ = true;
}

// Who waits for the disk does not wait for ever; the entries stay.
void Log::release_waiting() {
  gather();
  const Result<void> result =
      options_.unwritable == Unwritable::kPass ? Result<void>() : unwritable_error();
  for (const auto& entry : backlog_) answer(*entry, result);
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
  const auto now = SteadyClock::now();
  if (error == nullptr) {
    failing_since_.reset();
    unwritable_ = false;
    return;
  }
  if (!failing_since_) failing_since_ = now;
  if (now - *failing_since_ < options_.grace) return;
  unwritable_ = true;
  release_waiting();
}

}  // namespace larkspur::execlog
