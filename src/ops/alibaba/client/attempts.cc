#include "ops/alibaba/client/attempts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "base/text.h"

namespace larkspur::ops::alibaba {

namespace {

using std::chrono::milliseconds;

constexpr int kMaxAttempts = 3;
constexpr milliseconds kFirstPause{200}, kLongestPause{5'000};

milliseconds pause_before(int attempt, const CloudError& error) {
  if (error.retry_after) return *error.retry_after;
  unsigned char dice = 0;
  random_bytes({&dice, 1});
  const milliseconds base = std::min(kFirstPause * (1 << (attempt - 2)), kLongestPause);
  return base * (80 + dice * 40 / 255) / 100;
}

CloudError no_answer(const Error& error) {
  CloudError made;
  made.code = "CONNECT_FAILED";
  made.message = error.message;
  if (error.code == ErrorCode::kTimeout) {
    made.kind = ErrorClass::kTimeout;
    made.code = "TIMEOUT";
  } else if (error.code == ErrorCode::kCancelled) {
    made.kind = ErrorClass::kCancelled;
    made.code = "CANCELLED";
  } else if (error.code == ErrorCode::kTooLarge || error.code == ErrorCode::kProtocol ||
             error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kInternal) {
    made.kind = ErrorClass::kProtocol;
    made.code = "BAD_ANSWER";
  }
  return made;
}

// Whether the same request, sent again, can neither do harm nor be in vain.
bool may_repeat(const CloudError& error, Repeat repeat, const Error* transport) {
  if (!error.retryable()) return false;
  if (repeat == Repeat::kFreely) return true;
  // No connection was made; or the service said that it did not even begin.
  if (transport != nullptr) return transport->code == ErrorCode::kUnavailable;
  return error.kind == ErrorClass::kThrottling;
}

std::string reason(const CloudError& error) {
  if (error.kind == ErrorClass::kThrottling) return "throttled";
  if (error.is_clock_skew()) return "clock skew";
  if (error.http_status != 0) return fmt::format("http {}", error.http_status);
  return "no answer";
}

std::string_view request_id(const call::HttpAnswer& answer) {
  const std::string_view id = answer.header("x-log-requestid");
  return id.empty() ? answer.header("x-acs-request-id") : id;
}

}  // namespace

void enter_failure(call::HttpExchange& exchange, const CloudError& error) {
  if (error.kind == ErrorClass::kTimeout) {
    exchange.fail(Error{ErrorCode::kTimeout, error.message});
  } else {
    exchange.fail(error.vendor_code.empty() ? error.code : error.vendor_code, error.message);
  }
  if (!error.request_id.empty()) exchange.entry().request_id = error.request_id;
}

CloudError unusable_answer(const call::HttpAnswer& answer, std::string_view why) {
  CloudError error;
  error.kind = ErrorClass::kProtocol;
  error.code = "BAD_ANSWER";
  error.http_status = answer.status;
  error.message = fmt::format("the service's answer cannot be read: {}", why);
  error.request_id = request_id(answer);
  return error;
}

Async<std::expected<call::HttpAnswer, CloudError>> send_with_retries(call::HttpExchange& exchange,
                                                                     MakeAsk make,
                                                                     AttemptRules rules,
                                                                     ClockSkew& clock) {
  bool clock_was_set = false;
  for (int attempt = 1;; ++attempt) {
    auto answer = co_await exchange.send(make(), attempt == 1 ? rules.first : call::Again::kRetry);
    CloudError error;
    if (answer) {
      const bool good = answer->status >= 200 && answer->status < 300;
      rules.scrubber.scrub(answer->headers);
      if (!good || answer->header("x-log-compresstype").empty()) rules.scrubber.scrub(answer->body);
      exchange.entry().request_id = request_id(*answer);
      if (good) co_return std::move(*answer);
      error = rules.read_error(
          {answer->status, answer->body, request_id(*answer), answer->header("x-acs-retry-after")});
    } else {
      error = no_answer(answer.error());
    }
    error.attempts = attempt;
    // The entry says so already, and no failure of the service it is.
    if (error.kind == ErrorClass::kCancelled) co_return std::unexpected(std::move(error));
    enter_failure(exchange, error);

    milliseconds pause{0};
    if (error.is_clock_skew() && answer && !clock_was_set && clock.learn(answer->header("date"))) {
      clock_was_set = true;
    } else if (attempt < kMaxAttempts &&
               may_repeat(error, rules.repeat, answer ? nullptr : &answer.error())) {
      pause = pause_before(attempt + 1, error);
    } else {
      co_return std::unexpected(std::move(error));
    }
    if (auto waited = co_await exchange.pause(pause, reason(error)); !waited) {
      co_return std::unexpected(std::move(error));
    }
  }
}

}  // namespace larkspur::ops::alibaba
