#include "execlog/recording.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "execlog/call_id.h"
#include "execlog/form/fields.h"
#include "execlog/log.h"
#include "execlog/record_queue.h"
#include "execlog/redaction/intake.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kHalf = kMaxApiCalls / 2;

const Record& no_record() {
  static const Record record;
  return record;
}

bool is_place(std::string_view text) {
  return text.size() <= 32 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '/'; });
}

}  // namespace

Recording::Recording(Log& log, OpenInfo info)
    : log_(log),
      entry_(std::make_unique<CallEntry>()),
      exceptions_at_open_(std::uncaught_exceptions()),
      start_time_(wall_clock_ms()) {
  Record& record = entry_->record;
  record.start_time = start_time_;
  record.tool_name = std::move(info.tool_name);
  take_in(record.tool_name, kMaxFieldBytes, record.dropped);
  take_in(info.scope, kMaxFieldBytes, record.dropped);
  record.tool_call_id = make_tool_call_id(record.tool_name, info.scope, start_time_);
  record.request = std::move(info.request);
  take_in(record.request, record.dropped);
  if (is_tool_call_id(info.parent_id)) record.parent_id = std::move(info.parent_id);
  if (is_place(info.place)) record.place = std::move(info.place);
  record.ordinal = info.ordinal;
  set_principal(std::move(info.principal));
}

Recording::~Recording() {
  if (!entry_) return;
  if (!is_decided()) {
    const bool thrown = std::uncaught_exceptions() > exceptions_at_open_;
    fail(thrown ? Failure{.status = Status::kFailed,
                          .error = "An exception ended the call; this is a bug in Larkspur.",
                          .error_type = "exception",
                          .error_code = "internal",
                          .stage = FailureStage::kInternal}
                : Failure{.status = Status::kCancelled,
                          .error = "The call was given up before it had an outcome.",
                          .error_type = "cancelled",
                          .error_code = "cancelled",
                          .stage = FailureStage::kCancelled});
  }
  close();
}

const std::string& Recording::tool_call_id() const {
  return entry_ ? entry_->record.tool_call_id : closed_id_;
}

EpochMs Recording::start_time() const {
  return start_time_;
}

const Record& Recording::record() const {
  return entry_ ? entry_->record : no_record();
}

bool Recording::is_decided() const {
  return !entry_ || entry_->record.status != Status::kRunning;
}

void Recording::message(std::string_view text) {
  if (is_decided()) return;
  Record& record = entry_->record;
  if (record.messages.size() == kMaxMessages) {
    ++record.dropped.messages;
    return;
  }
  record.messages.push_back(taken_in(text, kMaxMessageBytes, record.dropped));
}

void Recording::warning(std::string_view text) {
  if (!entry_) return;
  Record& record = entry_->record;
  if (record.warnings.size() == kMaxWarnings) {
    ++record.dropped.warnings;
    return;
  }
  record.warnings.push_back(taken_in(text, kMaxWarningBytes, record.dropped));
}

void Recording::metadata(std::string_view key, MetadataValue value) {
  if (is_decided()) return;
  Record& record = entry_->record;
  if (!record.metadata) record.metadata.emplace();
  auto& further = record.metadata->further;
  std::string name = taken_in(key, kMaxFieldBytes, record.dropped);
  if (!fits_metadata(name, value)) {
    warning("metadata '" + name + "' had a value of the wrong type and was not kept");
    return;
  }
  if (auto* text = std::get_if<std::string>(&value))
    take_in(*text, kMaxMetadataBytes, record.dropped);
  const auto known =
      std::ranges::find(further, name, [](const auto& entry) { return entry.first; });
  if (known != further.end()) {
    known->second = std::move(value);
  } else if (further.size() + 4 < kMaxMetadataKeys) {  // the four that have methods of their own
    further.emplace_back(std::move(name), std::move(value));
  } else {
    ++record.dropped.items;
  }
}

void Recording::caused_by(std::string_view text) {
  if (is_decided()) return;
  Record& record = entry_->record;
  if (!record.metadata) record.metadata.emplace();
  if (record.metadata->caused_by.size() == kMaxListItems) {
    ++record.dropped.items;
    return;
  }
  record.metadata->caused_by.push_back(taken_in(text, kMaxMessageBytes, record.dropped));
}

void Recording::api_call(ApiCall call) {
  call.seq = take_seq();
  if (call.elapsed.count() == 0) call.elapsed = std::chrono::milliseconds(call.duration_ms);
  keep(std::move(call));
}

ApiCallTimer Recording::begin_api_call(ApiCall&& call) {
  return ApiCallTimer(*this, std::move(call));
}

void Recording::keep(ApiCall&& call) {
  if (!entry_) return;
  Record& record = entry_->record;
  take_in(call, record.dropped);
  if (record.api_calls.size() < kMaxApiCalls) {
    record.api_calls.push_back(std::move(call));
    return;
  }
  // The second half is a ring; stamp() turns it so that the oldest is first.
  const auto overwritten = kHalf + static_cast<std::size_t>(record.dropped.api_calls) % kHalf;
  record.api_calls[overwritten] = std::move(call);
  ++record.dropped.api_calls;
}

void Recording::set_trace(TraceId trace_id, SpanId span_id, SpanId parent_span_id) {
  if (!entry_) return;
  entry_->record.trace_id = trace_id;
  entry_->record.span_id = span_id;
  entry_->record.parent_span_id = parent_span_id;
}

void Recording::set_principal(Principal principal) {
  if (!entry_) return;
  take_in(principal, entry_->record.dropped);
  (announced_ ? entry_->principal : entry_->record.principal) = std::move(principal);
}

void Recording::set_result(ResultInfo result) {
  if (!entry_) return;
  take_in(result, entry_->record.dropped);
  entry_->record.result = std::move(result);
}

void Recording::digest(ContentOf what, std::string_view text,
                       const std::shared_ptr<const Digester>& digester) {
  if (!entry_) return;
  const bool of_arguments = what == ContentOf::kArguments;
  if ((of_arguments && announced_) || text.size() > kMaxDigestedLater ||
      !log_.take_room(text.size())) {
    // Of arguments that came late there is none: the intent may be read.
    if (!of_arguments || !announced_) put_digest(what, text, *digester, entry_->record);
    return;
  }
  Content content{.what = what, .text = std::string(text), .keep = false, .digester = digester};
  if (of_arguments) {
    entry_->arguments = std::move(content);
  } else {
    entry_->contents.push_back(std::move(content));
  }
}

void Recording::keep(ContentOf what, std::string_view text) {
  if (!entry_) return;
  if (text.size() > kMaxContentBytes || !log_.take_room(text.size())) {
    ++entry_->record.dropped.contents;
    return;
  }
  entry_->contents.push_back({.what = what, .text = std::string(text)});
}

void Recording::set_completed(std::int64_t number) {
  if (entry_) entry_->record.completed = number;
}

void Recording::set_script(ScriptInfo script) {
  if (!entry_ || !is_digest(script.hash)) return;
  take_in(script, entry_->record.dropped);
  entry_->record.script = std::move(script);
}

void Recording::succeed() {
  if (is_decided()) return;
  entry_->record.messages.clear();
  entry_->record.metadata.reset();
  stamp(Status::kSuccess);
}

void Recording::succeed_partially(std::string_view what_lacks) {
  if (is_decided()) return;
  warning(what_lacks);
  succeed();
  entry_->record.status = Status::kPartial;
}

void Recording::fail(Failure failure) {
  if (is_decided()) return;
  Record& record = entry_->record;
  take_in(failure.error, kMaxErrorBytes, record.dropped);
  take_in(failure.error_type, kMaxFieldBytes, record.dropped);
  take_in(failure.error_code, kMaxFieldBytes, record.dropped);
  record.error = std::move(failure.error);
  if (!record.metadata) record.metadata.emplace();
  record.metadata->error_type = std::move(failure.error_type);
  record.metadata->error_code = std::move(failure.error_code);
  record.metadata->failure_stage = failure.stage;
  stamp(failure.status);
}

void Recording::stamp(Status status) {
  Record& record = entry_->record;
  record.status = status;
  // From one wall-clock reading and the steady clock, so that start + duration is the end exactly.
  record.duration_ms = elapsed_ms();
  record.end_time = record.start_time + *record.duration_ms;
}

Recording::QueueEntryPtr Recording::intent() {
  announced_ = true;
  entry_->users.store(2, std::memory_order_relaxed);  // nobody else has it yet
  return QueueEntryPtr(&entry_->intent_place);
}

void Recording::announce() {
  if (entry_ && !announced_) log_.push(intent());
}

Async<Result<void>> Recording::announce_durably() {
  if (!entry_ || announced_) co_return Result<void>();
  co_return co_await log_.push_durably(intent());
}

void Recording::close() {
  if (entry_) log_.push(take_entry());
}

Async<Result<void>> Recording::close_durably() {
  if (!entry_) co_return Result<void>();
  co_return co_await log_.push_durably(take_entry());
}

Recording::QueueEntryPtr Recording::take_entry() {
  Record& record = entry_->record;
  closed_id_ = record.tool_call_id;
  if (record.dropped.api_calls > 0) {
    const auto first = record.api_calls.begin() + kHalf;
    std::rotate(first, first + record.dropped.api_calls % static_cast<std::int64_t>(kHalf),
                record.api_calls.end());
  }
  entry_->has_ended.store(true, std::memory_order_release);
  return QueueEntryPtr(&entry_.release()->record_place);
}

ApiCallTimer::ApiCallTimer(Recording& recording, ApiCall&& started)
    : call(std::move(started)), recording_(&recording) {
  call.seq = recording.take_seq();
  call.start_offset_ms = recording.elapsed_ms();
}

ApiCallTimer::~ApiCallTimer() {
  finish(ApiStatus::kCancelled);
}

void ApiCallTimer::finish(ApiStatus status) {
  if (recording_ == nullptr) return;
  call.status = status;
  call.elapsed = stopwatch_.elapsed();
  call.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(call.elapsed).count();
  std::exchange(recording_, nullptr)->keep(std::move(call));
}

}  // namespace larkspur::execlog
