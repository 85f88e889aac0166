// Recording: the open record of one call, from its first instant to its one and only end.
//
// The call path opens it (Log::open), hands it to whoever works on the call, and lets it go out of
// scope; whatever happens in between, one record reaches the log. Everything that enters is
// redacted and cut to the caps of record.h on the way in, so no sink ever sees a raw value.
// Messages and metadata are kept only if the call fails.
//
// Thread rule: one loop; not thread-safe. Nothing here blocks, waits or does I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/async.h"
#include "base/clock.h"
#include "base/result.h"
#include "execlog/content.h"
#include "execlog/record.h"

namespace larkspur::execlog {

class Log;
struct CallEntry;
struct QueueEntry;
struct ReleaseCall;

// What is known when a call begins.
struct OpenInfo {
  std::string tool_name;  // as the caller named it; need not exist
  std::string scope;      // the backend's (or cluster's) name; "" where there is none
  RequestInfo request;
  Principal principal;
  std::string parent_id;  // the script's tool_call_id, for an inner call
  std::string place;      // "3" or "3/7", for an inner call
  Int ordinal;            // 1, 2, 3, … in the order of the script, for an inner call
};

// How a call failed.
struct Failure {
  Status status = Status::kFailed;  // kFailed, kTimeout, kCancelled or kDenied
  std::string error;                // for people
  std::string error_type;           // "tool_error", "protocol_error", ...
  std::string error_code;           // stable; see Metadata
  FailureStage stage = FailureStage::kInternal;
};

class ApiCallTimer;

class Recording {
 public:
  Recording(Log& log, OpenInfo info);  // REQUIRES: `log` outlives this
  // Closes. A call that nobody called a success or a failure by then was cancelled, or an exception
  // threw it out (status kCancelled or kFailed).
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Puts an intent into the log: should the gateway die under the call, its next start finds that
  // it had begun. Best effort, and for calls that end at once none is written. Once, after open.
  void announce();
  // The same, certain: done when the intent is on the disk. An error when that takes too long
  // because the store fails; then the call should not begin.
  Async<Result<void>> announce_durably();

  const std::string& tool_call_id() const;
  EpochMs start_time() const;

  void message(std::string_view text);  // a step on the way; dropped on success
  void warning(std::string_view text);  // kept whatever the outcome
  // Context of a failure: http_status, request_id, hint, cluster_id, ...; dropped on success.
  void metadata(std::string_view key, MetadataValue value);
  void caused_by(std::string_view text);

  // One external call, already over: sets its seq; start_offset_ms, duration_ms and, where it is
  // known, elapsed are the caller's.
  void api_call(ApiCall call);
  // One external call, about to start: the timer fills seq, start_offset_ms and duration_ms.
  [[nodiscard]] ApiCallTimer begin_api_call(ApiCall&& call);

  void set_trace(TraceId trace_id, SpanId span_id, SpanId parent_span_id);
  void set_principal(Principal principal);
  void set_result(ResultInfo result);
  // Puts the digest of a text into the record: by the writer's thread where the text is short and
  // finds room in the queue, otherwise at once. After set_result() and set_script().
  void digest(ContentOf what, std::string_view text,
              const std::shared_ptr<const Digester>& digester);
  // Keeps a copy of a text apart from the record, redacted later. What is too long, or finds no
  // room in the queue, is counted in dropped.contents.
  void keep(ContentOf what, std::string_view text);
  void set_completed(std::int64_t number);  // see Record::completed
  void set_script(ScriptInfo script);  // REQUIRES: its hash is a digest; otherwise nothing is kept

  // The outcome; the first one stands. The record is stamped here and handed over by close().
  void succeed();
  void succeed_partially(std::string_view what_lacks);  // also a warning
  void fail(Failure failure);
  bool is_decided() const;

  // Hands the record to the log now instead of at destruction. Afterwards every method but
  // tool_call_id() and start_time() does nothing.
  void close();
  // The same, and done when the record is on the disk. An error when that takes too long because
  // the store fails; the record is kept and written later all the same.
  Async<Result<void>> close_durably();

  // The record so far, for the caller's short view. REQUIRES: not closed.
  const Record& record() const;

 private:
  friend class ApiCallTimer;

  using QueueEntryPtr = std::unique_ptr<QueueEntry, ReleaseCall>;

  QueueEntryPtr intent();
  QueueEntryPtr take_entry();
  void stamp(Status status);
  void keep(ApiCall&& call);
  std::int64_t take_seq() { return next_seq_++; }
  std::int64_t elapsed_ms() const { return stopwatch_.elapsed_ms(); }

  Log& log_;
  std::unique_ptr<CallEntry> entry_;  // empty once closed
  bool announced_ = false;            // from then on the writer may read it: see CallEntry
  Stopwatch stopwatch_;
  std::int64_t next_seq_ = 0;
  int exceptions_at_open_ = 0;
  std::string closed_id_;
  EpochMs start_time_ = 0;
};

// Times one external call and writes its entry, on every way out. Fill `call` (its status, details,
// error) while it runs, then finish(); a timer that dies unfinished writes status kCancelled.
// Lives on the Recording's loop and not longer than the Recording.
class ApiCallTimer {
 public:
  ApiCallTimer(Recording& recording, ApiCall&& call);
  ~ApiCallTimer();
  ApiCallTimer(const ApiCallTimer&) = delete;
  ApiCallTimer& operator=(const ApiCallTimer&) = delete;

  ApiCall call;

  template <class Kind>
  Kind& details() {
    return std::get<Kind>(call.details);
  }
  void finish(ApiStatus status);

 private:
  Recording* recording_;  // null once finished
  Stopwatch stopwatch_;
};

}  // namespace larkspur::execlog
