#include "base/thread_signal.h"

#include <cerrno>
#include <ctime>

namespace larkspur {

ThreadSignal::ThreadSignal() {
  sem_init(&semaphore_, 0, 0);
}
ThreadSignal::~ThreadSignal() {
  sem_destroy(&semaphore_);
}

void ThreadSignal::raise() {
  sem_post(&semaphore_);
}

void ThreadSignal::wait() {
  while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
  }
}

void ThreadSignal::wait_for(std::chrono::milliseconds longest) {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const auto total = std::chrono::nanoseconds(longest) + std::chrono::nanoseconds(until.tv_nsec);
  constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);
  until.tv_sec += total / kSecond;
  until.tv_nsec = (total % kSecond).count();
  while (sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR) {
  }
}

}  // namespace larkspur
