// What a Prometheus server says to a query (its HTTP API v1), in one form for every type of result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::ops {

struct AnswerLimits {
  std::size_t max_series = 200;
  std::size_t max_samples = 20'000;  // in all series
};

struct PrometheusAnswer {
  std::string result_type;  // "vector", "matrix", "scalar" or "string"
  // A JSON array of {"metric": {...}, "values": [[time, "value"], ...]}, native histograms as
  // "histograms". A vector's one value is a list of one; scalars and strings have no labels.
  std::string result;
  std::vector<std::string> warnings;  // Prometheus's warnings and infos
  std::size_t series = 0;             // in the answer, before the limits
  std::size_t samples = 0;
  bool truncated = false;  // the result has less than the answer
};

// Prometheus understood the request and says no.
struct PrometheusError {
  std::string type;  // "bad_data", "execution", "timeout", ...
  std::string message;
};

// The envelope of any status: an error in a 200 is an error. kProtocol for what is no envelope.
Result<std::expected<PrometheusAnswer, PrometheusError>> read_answer(std::string body,
                                                                     const AnswerLimits& limits);

}  // namespace larkspur::ops
