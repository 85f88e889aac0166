// One call to the outside world and its one entry in the record's api_calls, however often it is
// tried. What a built-in tool reaches anything with.
//
// Lives on the call's loop and not longer than the call. The entry is written when it dies, on
// every way out; until then the tool may fill in what only the answer tells (a request id, a
// count).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/async.h"
#include "base/result.h"
#include "call/call_context.h"
#include "call/outside.h"
#include "execlog/recording.h"

namespace larkspur::call {

// The record's words for an entry, so that tools need not know the room that keeps it.
using execlog::ApiCall;
using execlog::ApiStatus;
using execlog::EndpointCall;
using execlog::HttpCall;
using execlog::KubeconfigCall;
using execlog::KubectlCall;
using execlog::OpenApiCall;
using execlog::PrometheusCall;
using execlog::SlsCall;

// The entry alone, for what needs no I/O: a kubeconfig out of the cache. Its status is success
// until somebody says otherwise.
class ExternalCall {
 public:
  ExternalCall(CallContext& context, ApiCall entry);
  ~ExternalCall();
  ExternalCall(const ExternalCall&) = delete;
  ExternalCall& operator=(const ExternalCall&) = delete;

  ApiCall& entry() { return timer_ ? timer_->call : unrecorded_; }
  template <class Kind>
  Kind& details() {
    return std::get<Kind>(entry().details);
  }

  void succeed();
  // `code` is the vendor's where it has one.
  void fail(std::string_view code, std::string_view message);
  void fail(const Error& error);  // with the status that its code means
  bool failed() const { return status_ != ApiStatus::kSuccess; }

 protected:
  CallContext& context_;
  ApiStatus status_ = ApiStatus::kSuccess;

 private:
  ApiCall unrecorded_;  // where nobody keeps a record
  std::optional<execlog::ApiCallTimer> timer_;
};

enum class Again : unsigned char { kRetry, kPoll };

// Fills in method, endpoint (without query and secrets), http_status, sizes, attempts, and a
// status: failed for no answer and for 400 and above.
class HttpExchange : public ExternalCall {
 public:
  HttpExchange(CallContext& context, ApiCall entry);

  // Once over the wire. From the second time on it counts as another attempt, or as another poll
  // for the same thing. An answer of any status is an answer.
  Async<Result<HttpAnswer>> send(HttpAsk ask, Again again = Again::kRetry);

  // Waits before another send(). `reason` ("throttled", "http 503") enters the entry unless empty.
  // kTimeout at once where the call's deadline would pass first.
  Async<Result<void>> pause(std::chrono::milliseconds delay, std::string_view reason);

 private:
  void describe(const HttpAsk& ask);
  bool sent_ = false;
};

// One child process; the entry's kind is kubectl. Fills in exit code, signal, sizes, truncation and
// a status: failed for an exit code that is not 0 or a signal, timeout when the deadline ended it,
// but success when its type is "streaming".
class ProcessRun : public ExternalCall {
 public:
  ProcessRun(CallContext& context, ApiCall entry);
  Async<Result<ProcessEnd>> run(ProcessAsk ask);
};

}  // namespace larkspur::call
