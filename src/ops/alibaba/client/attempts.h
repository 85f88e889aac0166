// One logical request and its repetitions: what may be tried again, when, and how often. Each
// attempt is made anew, so that it is signed anew.
#pragma once

#include <expected>
#include <functional>

#include "call/external_call.h"
#include "ops/alibaba/client/clock_skew.h"
#include "ops/alibaba/cloud_error.h"
#include "ops/scrub.h"

namespace larkspur::ops::alibaba {

// kCarefully: the request makes something, so it is repeated only when it surely did nothing (no
// connection, throttled, refused for its time).
enum class Repeat : unsigned char { kFreely, kCarefully };

struct AttemptRules {
  Repeat repeat = Repeat::kFreely;
  call::Again first = call::Again::kRetry;  // kPoll: one more poll of the same thing
  CloudError (*read_error)(const FailedAnswer&) = read_openapi_error;
  // Of what the request is made with, for every answer. A body that came compressed is its reader's
  // to scrub.
  Scrubber scrubber = {};
};

using MakeAsk = std::function<call::HttpAsk()>;

// At most three attempts within the call's deadline: 200 ms, then 400 ms apart (give or take a
// fifth), or as long as the service asks for. Gives the 2xx answer. The failed entry keeps vendor
// code, message and request id; the exchange may go on afterwards with another poll.
Async<std::expected<call::HttpAnswer, CloudError>> send_with_retries(call::HttpExchange& exchange,
                                                                     MakeAsk make,
                                                                     AttemptRules rules,
                                                                     ClockSkew& clock);

// Writes what went wrong into the exchange's entry.
void enter_failure(call::HttpExchange& exchange, const CloudError& error);

// For an answer that came but cannot be used.
CloudError unusable_answer(const call::HttpAnswer& answer, std::string_view why);

}  // namespace larkspur::ops::alibaba
