#include "execlog/iso_time.h"

#include <chrono>

namespace larkspur::execlog {

namespace {

// The text of fixed form, taken digit by digit from the left; failed() once it does not fit.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}

  int number(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) value = value * 10 + digit();
    return value;
  }
  void expect(char c) {
    if (!take(c)) failed_ = true;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  bool good() const { return !failed_ && rest_.empty(); }

 private:
  int digit() {
    if (!at_digit()) {
      failed_ = true;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::optional<EpochMs> from_iso8601(std::string_view text) {
  using namespace std::chrono;
  constexpr std::size_t kLongest = std::string_view("2026-11-20T07:36:29.123456789Z").size();
  if (text.size() > kLongest) return std::nullopt;
  Digits digits(text);
  const int y = digits.number(4);
  digits.expect('-');
  const int m = digits.number(2);
  digits.expect('-');
  const int d = digits.number(2);
  digits.expect('T');
  const int hour = digits.number(2);
  digits.expect(':');
  const int minute = digits.number(2);
  digits.expect(':');
  const int second = digits.number(2);
  int milliseconds_part = 0;
  if (digits.take('.')) {
    int scale = 100;
    milliseconds_part = digits.number(1) * scale;
    for (; digits.at_digit(); scale /= 10) milliseconds_part += digits.number(1) * (scale / 10);
  }
  digits.expect('Z');
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!digits.good() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto time = sys_days{date} + hours{hour} + minutes{minute} + seconds{second} +
                    milliseconds{milliseconds_part};
  return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

}  // namespace larkspur::execlog
