#include "mcp/server/slow_answers.h"

namespace larkspur::mcp::server {

// The first one is due first: all have the same patience.
struct WatchList {
  SlowAnswers::Watch* first = nullptr;
  SlowAnswers::Watch* last = nullptr;
  std::optional<Executor> executor;
  bool armed = false;
};

SlowAnswers::SlowAnswers(std::chrono::milliseconds patience)
    : patience_(patience), lists_(std::make_unique<LoopLocal<WatchList>>()) {}
SlowAnswers::~SlowAnswers() = default;

namespace {

// Looks again when the one that is first now would be due; most have left by then.
void arm(const std::shared_ptr<WatchList>& list, SteadyClock::time_point when,
         void (*look)(const std::shared_ptr<WatchList>&)) {
  list->armed = true;
  // The wait owns the timer, which so goes with its loop and not with the list.
  const auto timer = std::make_shared<Timer>(*list->executor, when);
  timer->async_wait(
      [weak = std::weak_ptr(list), look, timer](const boost::system::error_code& error) {
        const auto here = weak.lock();
        if (!here || error) return;
        here->armed = false;
        look(here);
      });
}

}  // namespace

void SlowAnswers::look(const std::shared_ptr<WatchList>& list) {
  const auto now = SteadyClock::now();
  while (list->first != nullptr && list->first->due_ <= now) {
    Watch& slow = *list->first;
    slow.leave();
    slow.slow();
  }
  if (list->first != nullptr && !list->armed) arm(list, list->first->due_, look);
}

void SlowAnswers::Watch::start(SlowAnswers& answers, const Executor& executor) {
  list_ = answers.lists_->here(executor);
  due_ = SteadyClock::now() + answers.patience_;
  before_ = list_->last;
  (before_ != nullptr ? before_->after_ : list_->first) = this;
  list_->last = this;
  if (list_->armed) return;
  list_->executor = executor;
  arm(list_, due_, look);
}

void SlowAnswers::Watch::leave() {
  if (!list_) return;
  (before_ != nullptr ? before_->after_ : list_->first) = after_;
  (after_ != nullptr ? after_->before_ : list_->last) = before_;
  before_ = after_ = nullptr;
  list_.reset();
}

}  // namespace larkspur::mcp::server
