#include "execlog/call_id.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/random.h"

namespace larkspur::execlog {

namespace {

constexpr std::size_t kMaxToolBytes = 128, kMaxScopeBytes = 80;
constexpr std::size_t kCounterDigits = 5;
constexpr std::uint64_t kCounterStart = 36ULL * 36 * 36 * 36 * 36;

std::uint64_t next_count() {
  static std::atomic<std::uint64_t> next = [] {
    std::array<unsigned char, 4> bytes;
    random_bytes(bytes);
    std::uint64_t start = 0;
    for (const unsigned char byte : bytes) start = start << 8 | byte;
    return start % kCounterStart;
  }();
  return next.fetch_add(1, std::memory_order_relaxed);
}

unsigned worker_number() {
  static std::atomic<unsigned> workers{0};
  thread_local const unsigned mine = workers.fetch_add(1, std::memory_order_relaxed);
  return mine % (36 * 36);
}

bool allowed(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == ':' || c == '-';
}

// `value` in base 36, with zeros in front up to `width` digits. The worker's width is fixed, so
// that different pairs of worker and counter never read the same.
void append_base36(std::string& out, std::uint64_t value, std::size_t width) {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, 36);
  const auto length = static_cast<std::size_t>(end - digits.data());
  if (length < width) out.append(width - length, '0');
  out.append(digits.data(), length);
}

void append_name(std::string& out, std::string_view name, std::size_t max_bytes) {
  for (const char c : name.substr(0, max_bytes)) out += allowed(c) ? c : '_';
  if (name.empty()) out += '-';
}

}  // namespace

std::string make_tool_call_id(std::string_view tool, std::string_view scope, EpochMs when) {
  std::string id;
  id.reserve(std::min(tool.size(), kMaxToolBytes) + std::min(scope.size(), kMaxScopeBytes) + 32);
  append_name(id, tool, kMaxToolBytes);
  id += '_';
  append_name(id, scope, kMaxScopeBytes);
  id += '_';
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), when);
  id.append(digits.data(), end);
  id += '-';
  append_base36(id, worker_number(), 2);
  append_base36(id, next_count(), kCounterDigits);
  return id;
}

bool is_tool_call_id(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, allowed);
}

}  // namespace larkspur::execlog
