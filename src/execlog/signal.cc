#include "execlog/signal.h"

#include <cerrno>
#include <ctime>

namespace larkspur::execlog {

Signal::Signal() {
  sem_init(&semaphore_, 0, 0);
}
Signal::~Signal() {
  sem_destroy(&semaphore_);
}

void Signal::raise() {
  sem_post(&semaphore_);
}

void Signal::wait() {
  while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
  }
}

void Signal::wait_for(std::chrono::milliseconds longest) {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const auto total = std::chrono::nanoseconds(longest) + std::chrono::nanoseconds(until.tv_nsec);
  constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);
  until.tv_sec += total / kSecond;
  until.tv_nsec = (total % kSecond).count();
  while (sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR) {
  }
}

}  // namespace larkspur::execlog
