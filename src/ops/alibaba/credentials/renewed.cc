#include "ops/alibaba/credentials/renewed.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>

namespace larkspur::ops::alibaba {

namespace {

constexpr std::int64_t kMarginMs = 15 * 60 * 1'000;

bool is_alive(const CredentialsPtr& credentials, EpochMs now) {
  return credentials && (!credentials->expires_at || now < *credentials->expires_at);
}

EpochMs when_to_renew(const Credentials& credentials, EpochMs now) {
  if (!credentials.expires_at) return std::numeric_limits<EpochMs>::max();
  const std::int64_t life = *credentials.expires_at - now;
  return *credentials.expires_at - std::min(kMarginMs, life / 4);
}

CloudError cancelled() {
  CloudError error;
  error.kind = ErrorClass::kCancelled;
  error.code = "CANCELLED";
  error.message = "cancelled while fetching credentials";
  return error;
}

}  // namespace

// All under the mutex of its owner.
struct Renewed::Flight {
  struct Waiter {
    Executor executor;
    std::shared_ptr<Timer> timer;
  };
  std::vector<Waiter> waiters;
  std::optional<CredentialsReply> outcome;  // none: whoever flew was cancelled; somebody else must
};

// Ends a flight on every way out and wakes who waits for it, each on its own loop.
class Renewed::Landing {
 public:
  Landing(Renewed& owner, std::shared_ptr<Flight> flight)
      : owner_(owner), flight_(std::move(flight)) {}
  ~Landing() {
    const std::lock_guard lock(owner_.mutex_);
    owner_.flight_ = nullptr;
    for (const Flight::Waiter& waiter : flight_->waiters) {
      asio::post(waiter.executor, [timer = waiter.timer] { timer->cancel(); });
    }
  }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

 private:
  Renewed& owner_;
  std::shared_ptr<Flight> flight_;
};

Async<CredentialsReply> Renewed::get(call::CallContext& context) {
  const Executor executor = co_await asio::this_coro::executor;
  std::shared_ptr<Flight> mine;
  while (!mine) {
    std::shared_ptr<Flight> theirs;
    const auto timer = std::make_shared<Timer>(executor, SteadyClock::time_point::max());
    {
      const std::lock_guard lock(mutex_);
      const EpochMs now = wall_clock_ms();
      if (current_ && now < renew_at_) co_return current_;
      if (!flight_) {
        mine = flight_ = std::make_shared<Flight>();
        break;
      }
      if (is_alive(current_, now)) co_return current_;
      theirs = flight_;
      theirs->waiters.push_back({executor, timer});
    }
    timer->expires_at(context.deadline);
    co_await timer->async_wait(kAwaitTuple);
    const std::lock_guard lock(mutex_);
    if (theirs->outcome) co_return *theirs->outcome;
    if (SteadyClock::now() >= context.deadline) {
      CloudError late;
      late.kind = ErrorClass::kTimeout;
      late.code = "TIMEOUT";
      late.message = "the deadline passed while another call was fetching credentials";
      co_return std::unexpected(std::move(late));
    }
  }

  const Landing landing(*this, mine);
  auto reply = co_await try_all(context);
  if (!reply && reply.error().kind == ErrorClass::kCancelled) co_return reply;  // no outcome
  const std::lock_guard lock(mutex_);
  const EpochMs now = wall_clock_ms();
  if (reply) {
    current_ = *reply;
    renew_at_ = when_to_renew(**reply, now);
  } else if (is_alive(current_, now)) {
    reply = current_;  // still good; the next call tries again
  }
  mine->outcome = reply;
  co_return reply;
}

Async<CredentialsReply> Renewed::try_all(call::CallContext& context) const {
  CloudError failed;
  failed.kind = ErrorClass::kCredentials;
  failed.code = "NO_CREDENTIALS";
  std::vector<std::string> tried = chain_.left_out;
  for (const Source& source : chain_.sources) {
    auto reply = co_await fetch(context, parts_, source);
    if (reply) co_return reply;
    // A source that could not be asked any more has not failed.
    if ((co_await asio::this_coro::cancellation_state).cancelled() !=
        asio::cancellation_type::none) {
      co_return std::unexpected(cancelled());
    }
    failed.request_id = reply.error().request_id;
    failed.vendor_code = reply.error().vendor_code;
    failed.http_status = reply.error().http_status;
    const std::string& why = reply.error().message;
    tried.push_back(why.starts_with(source.provider) ? why : source.provider + ": " + why);
  }
  failed.message = fmt::format("no Alibaba Cloud credentials ({})", fmt::join(tried, "; "));
  co_return std::unexpected(std::move(failed));
}

}  // namespace larkspur::ops::alibaba
