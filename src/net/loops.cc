#include "net/loops.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <thread>

namespace larkspur::net {

namespace {

thread_local std::size_t current_loop = 0;

// How often a loop with nothing to do asks whether the others have ended as well.
constexpr std::chrono::milliseconds kQuietCheck{20};

}  // namespace

Loops::Loops(std::size_t count) : quiet_since_(count) {
  // A peer that has gone must be an error of one write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  loops_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<EventLoop>(1));
}

// A coroutine that still waits on one loop may own timers of another one: all of them are dropped
// before any loop goes.
Loops::~Loops() {
  struct Opened : EventLoop {  // shutdown() is protected
    static void drop_all(EventLoop& loop) { (loop.*&Opened::shutdown)(); }
  };
  for (const auto& loop : loops_) Opened::drop_all(*loop);
}

std::size_t Loops::here() {
  return current_loop;
}

void Loops::run() {
  for (auto& quiet : quiet_since_) quiet = 0;
  epoch_ = 1;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < loops_.size(); ++i) threads.emplace_back([this, i] { run_one(i); });
    run_one(0);
  }
  stopping_ = false;
}

void Loops::stop() {
  stopping_ = true;
  for (auto& loop : loops_) loop->stop();
}

// Returns after stop(), or when no loop has anything left to do. A loop alone cannot know the
// latter: another one may still hand it work. So each notes the epoch in which it ran dry; an epoch
// ends when any loop did something. All dry in the same epoch: nobody is left who could start
// anything.
void Loops::run_one(std::size_t index) {
  current_loop = index;
  EventLoop& loop = *loops_[index];
  for (;;) {
    loop.restart();
    if (stopping_) return;  // after restart(): else a stop() in between would be forgotten
    const std::uint64_t epoch = epoch_;
    if (loop.run() > 0) {
      ++epoch_;
      continue;
    }
    quiet_since_[index] = epoch;
    bool all_quiet = epoch == epoch_;
    for (const auto& quiet : quiet_since_) all_quiet = all_quiet && quiet == epoch;
    if (all_quiet || stopping_) return;

    loop.restart();
    if (stopping_) return;
    const auto guard = asio::make_work_guard(loop);
    if (loop.run_one_for(kQuietCheck) > 0) ++epoch_;
  }
}

void Loops::post_to_all(std::function<void(std::size_t index)> task) {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    asio::post(*loops_[i], [task, i] { task(i); });
  }
}

}  // namespace larkspur::net
