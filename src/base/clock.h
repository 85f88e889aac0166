// Wall-clock and steady time as values that can be handed in, so that tests own the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace larkspur {

// Milliseconds since the Unix epoch, UTC.
using EpochMs = std::int64_t;

EpochMs wall_clock_ms();

// "2026-11-20T07:36:29.123Z": ISO 8601, UTC, always three digits of milliseconds and a Z.
std::string to_iso8601(EpochMs when);

// A stretch of time measured on the steady clock; a jump of the wall clock does not touch it.
class Stopwatch {
 public:
  Stopwatch() : start_(std::chrono::steady_clock::now()) {}
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - start_; }
  std::int64_t elapsed_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(elapsed()).count();
  }
  std::chrono::steady_clock::time_point start() const { return start_; }

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace larkspur
