#include "call/external_call.h"

#include <algorithm>

#include "base/text.h"

namespace larkspur::call {

namespace {

constexpr std::size_t kMaxErrorShown = 512;

ApiStatus status_of(ErrorCode code) {
  if (code == ErrorCode::kTimeout) return ApiStatus::kTimeout;
  if (code == ErrorCode::kCancelled) return ApiStatus::kCancelled;
  if (code == ErrorCode::kDenied) return ApiStatus::kDenied;
  return ApiStatus::kFailed;
}

// "https://host:port/path": a query may hold what somebody searched for.
std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

std::string_view host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

Error no_way_out() {
  return {ErrorCode::kInternal, "this call was made where nothing outside can be reached"};
}

}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& field) { return equals_ignore_case(field.first, name); });
  return found == headers.end() ? std::string_view() : trim(found->second);
}

ExternalCall::ExternalCall(CallContext& context, ApiCall entry) : context_(context) {
  if (context.record != nullptr) {
    timer_.emplace(*context.record, std::move(entry));
  } else {
    unrecorded_ = std::move(entry);
  }
}

ExternalCall::~ExternalCall() {
  if (timer_) timer_->finish(status_);
}

void ExternalCall::succeed() {
  status_ = ApiStatus::kSuccess;
  entry().error.clear();
  entry().error_code.clear();
}

void ExternalCall::fail(std::string_view code, std::string_view message) {
  status_ = ApiStatus::kFailed;
  entry().error_code = code;
  entry().error = message;
}

void ExternalCall::fail(const Error& error) {
  fail(to_string(error.code), error.message);
  status_ = status_of(error.code);
}

HttpExchange::HttpExchange(CallContext& context, ApiCall entry)
    : ExternalCall(context, std::move(entry)) {
  status_ = ApiStatus::kCancelled;  // until an answer is there
}

void HttpExchange::describe(const HttpAsk& ask) {
  const auto bytes = static_cast<std::int64_t>(ask.body.size());
  const std::string endpoint(without_query(ask.url));
  std::visit(Overloaded{[&](HttpCall& call) {
                          call.method = ask.method;
                          call.endpoint = endpoint;
                          call.request_bytes = bytes;
                          call.tls = ask.url.starts_with("https:");
                        },
                        [&](PrometheusCall& call) { call.endpoint = endpoint; },
                        [&](EndpointCall& call) { call.endpoint = endpoint; },
                        [&](OpenApiCall& call) {
                          call.method = ask.method;
                          call.endpoint = host_of(ask.url);
                        },
                        [](auto&) {}},
             entry().details);
}

Async<Result<HttpAnswer>> HttpExchange::send(HttpAsk ask, Again again) {
  if (context_.outside == nullptr) {
    ExternalCall::fail(no_way_out());
    co_return larkspur::fail(no_way_out());
  }
  if (auto* polled = std::get_if<OpenApiCall>(&entry().details);
      polled != nullptr && again == Again::kPoll) {
    polled->poll_count = polled->poll_count.value_or(0) + 1;
  } else if (sent_ && again == Again::kRetry) {
    ++entry().attempts;
  }
  sent_ = true;
  describe(ask);
  ask.deadline = std::min(ask.deadline, context_.deadline);
  status_ = ApiStatus::kCancelled;
  auto answer = co_await context_.outside->send(Outside::Key{}, context_, std::move(ask));
  if (!answer) {
    ExternalCall::fail(answer.error());
    co_return answer;
  }
  entry().http_status = answer->status;
  const auto size = static_cast<std::int64_t>(answer->body.size());
  std::visit(Overloaded{[&](HttpCall& call) { call.response_size_bytes = size; },
                        [&](PrometheusCall& call) { call.response_size_bytes = size; },
                        [&](SlsCall& call) { call.response_size_bytes = size; }, [](auto&) {}},
             entry().details);
  if (answer->status >= 400) {
    ExternalCall::fail("http_" + std::to_string(answer->status),
                       truncate_utf8(answer->body, kMaxErrorShown));
  } else {
    succeed();
  }
  co_return answer;
}

Async<Result<void>> HttpExchange::pause(std::chrono::milliseconds delay, std::string_view reason) {
  if (!reason.empty()) entry().retry_reasons.emplace_back(reason);
  if (SteadyClock::now() + delay >= context_.deadline) {
    const Error late{ErrorCode::kTimeout,
                     "the deadline passes before another attempt could be made"};
    if (status_ == ApiStatus::kSuccess) ExternalCall::fail(late);
    co_return larkspur::fail(late);
  }
  Timer timer(co_await asio::this_coro::executor, delay);
  co_await timer.async_wait(kAwait);
  co_return Result<void>();
}

ProcessRun::ProcessRun(CallContext& context, ApiCall entry)
    : ExternalCall(context, std::move(entry)) {
  status_ = ApiStatus::kCancelled;
}

Async<Result<ProcessEnd>> ProcessRun::run(ProcessAsk ask) {
  if (context_.outside == nullptr) {
    ExternalCall::fail(no_way_out());
    co_return larkspur::fail(no_way_out());
  }
  ask.deadline = std::min(ask.deadline, context_.deadline);
  auto end = co_await context_.outside->run(Outside::Key{}, context_, std::move(ask));
  if (!end) {
    ExternalCall::fail(end.error());
    co_return end;
  }
  auto& call = details<KubectlCall>();
  call.pid = end->pid;
  if (end->signal != 0) call.signal = end->signal;
  call.exit_code = end->timed_out ? 124 : end->signal != 0 ? 128 + end->signal : end->exit_code;
  call.timed_out = end->timed_out;
  call.truncated = end->out.truncated || end->err.truncated;
  call.stdout_bytes = static_cast<std::int64_t>(end->out.bytes);
  call.stderr_bytes = static_cast<std::int64_t>(end->err.bytes);
  if (end->timed_out && call.type != "streaming") {
    ExternalCall::fail({ErrorCode::kTimeout, "the deadline ended it"});
  } else if (*call.exit_code != 0 && !end->timed_out) {
    ExternalCall::fail("exit_" + std::to_string(*call.exit_code),
                       truncate_utf8(end->err.text, kMaxErrorShown));
  } else {
    succeed();
  }
  co_return end;
}

}  // namespace larkspur::call
