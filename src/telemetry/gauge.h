// A value that is asked for when metrics are collected: a queue's depth, how many backends there
// are, a count that somebody else keeps.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "telemetry/otel.h"

namespace larkspur::telemetry {

class Observed {
 public:
  virtual ~Observed() = default;  // nobody asks afterwards
};

// `read` is called from whatever thread collects, at any time until the result is destroyed.
// `labels`: constant attributes. The meter outlives the result.
using ReadValue = std::function<std::int64_t()>;
using ConstantLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// A value that goes up and down.
std::unique_ptr<Observed> observe_gauge(const Instrumentation& with, std::string_view name,
                                        std::string_view description, ReadValue read,
                                        ConstantLabels labels = {});
// A count that only grows.
std::unique_ptr<Observed> observe_counter(const Instrumentation& with, std::string_view name,
                                          std::string_view description, ReadValue read,
                                          ConstantLabels labels = {});

}  // namespace larkspur::telemetry
