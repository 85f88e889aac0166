// Wakes one sleeping thread. raise() never blocks and makes no system call unless the thread
// sleeps, so it may be called on a loop. (A POSIX semaphore: std::counting_semaphore of libstdc++
// 12 can oversleep.)
#pragma once

#include <semaphore.h>

#include <chrono>

namespace larkspur {

class ThreadSignal {
 public:
  ThreadSignal();
  ~ThreadSignal();
  ThreadSignal(const ThreadSignal&) = delete;
  ThreadSignal& operator=(const ThreadSignal&) = delete;

  void raise();
  void wait();                                       // until raised; one wait takes one raise
  void wait_for(std::chrono::milliseconds longest);  // until raised, or that long

 private:
  sem_t semaphore_;
};

}  // namespace larkspur
