// The attributes of measurements, and other small words for OpenTelemetry's metrics.
#pragma once

#include <opentelemetry/common/attribute_value.h>
#include <opentelemetry/context/context.h>
#include <opentelemetry/nostd/string_view.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace larkspur::telemetry {

inline opentelemetry::nostd::string_view otel_view(std::string_view text) {
  return {text.data(), text.size()};
}

// The attributes of one measurement, on the stack. Views only: what it is given must live until it
// is used. Empty values are left out, as an attribute that does not apply.
class Labels {
 public:
  using Label = std::pair<opentelemetry::nostd::string_view, opentelemetry::common::AttributeValue>;

  Labels& add(std::string_view key, std::string_view value) {
    if (!value.empty()) labels_.at(count_++) = {otel_view(key), otel_view(value)};
    return *this;
  }
  const Label* begin() const { return labels_.data(); }
  const Label* end() const { return labels_.data() + count_; }
  std::size_t size() const { return count_; }

 private:
  std::array<Label, 12> labels_;
  std::size_t count_ = 0;
};

// Histogram::Record wants a context; nobody's, since none is ever current here.
inline const opentelemetry::context::Context& no_context() {
  static const opentelemetry::context::Context kNone;
  return kNone;
}

inline double seconds(std::chrono::nanoseconds elapsed) {
  return std::chrono::duration<double>(elapsed).count();
}

}  // namespace larkspur::telemetry
