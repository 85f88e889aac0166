// A value that is asked for when metrics are collected: a queue's depth, how many backends there
// are, a count that somebody else keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/otel.h"

namespace larkspur::telemetry {

class Observed {
 public:
  virtual ~Observed() = default;  // nobody asks afterwards
};

// One series of an observed instrument. `read` is called from whatever thread collects, at any time
// until the Observed is destroyed.
struct Series {
  std::function<std::int64_t()> read;
  std::vector<std::pair<std::string, std::string>> labels = {};  // constant attributes
};

// A value that goes up and down. One call for each name: see Instruments. The meter outlives the
// result.
std::unique_ptr<Observed> observe_gauge(const Instrumentation& with, std::string_view name,
                                        std::string_view description, std::vector<Series> series);
// A count that only grows.
std::unique_ptr<Observed> observe_counter(const Instrumentation& with, std::string_view name,
                                          std::string_view description, std::vector<Series> series);

}  // namespace larkspur::telemetry
