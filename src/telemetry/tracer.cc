#include "telemetry/tracer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/random.h"

namespace larkspur::telemetry {

namespace {

constexpr std::uint64_t kEverything = std::uint64_t{1} << 56;
constexpr std::uint8_t kSampled = 1;

// Ids must not repeat, but need not be secret: SplitMix64 from a random start, one for each thread.
std::uint64_t random_number() {
  thread_local std::uint64_t state = [] {
    std::array<unsigned char, sizeof state> seed;
    random_bytes(seed);
    return std::bit_cast<std::uint64_t>(seed);
  }();
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void fill(std::span<std::uint8_t> id) {
  for (std::size_t i = 0; i < id.size(); i += 8) {
    const std::uint64_t number = random_number();
    std::memcpy(&id[i], &number, 8);
  }
}

// The 56 bits by which every implementation decides alike
// (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
std::uint64_t randomness(const std::array<std::uint8_t, 16>& trace_id) {
  std::uint64_t value = 0;
  for (std::size_t i = 9; i < 16; ++i) value = value << 8 | trace_id[i];
  return value;
}

}  // namespace

Tracer::Tracer(double sampling_ratio, std::size_t capacity)
    : threshold_(static_cast<std::uint64_t>((1 - std::clamp(sampling_ratio, 0.0, 1.0)) *
                                            static_cast<double>(kEverything))),
      finished_(capacity) {}

call::TraceContext Tracer::begin(const call::TraceContext& parent) const {
  call::TraceContext span;
  fill(span.span_id);
  if (parent.valid()) {
    span.trace_id = parent.trace_id;
    span.flags = parent.flags & kSampled;
    span.state = parent.state;
  } else {
    fill(span.trace_id);
    span.flags = randomness(span.trace_id) >= threshold_ ? kSampled : 0;
  }
  return span;
}

}  // namespace larkspur::telemetry
