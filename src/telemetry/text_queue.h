// A bounded queue of texts for many producers and one consumer, without a lock: the ring of Dmitry
// Vyukov (https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue). Every
// cell has a turn number that says whether it may be written or read in this round, so a push or
// pop is one compare-and-swap and never waits for another thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace larkspur::telemetry {

class TextQueue {
 public:
  // REQUIRES: `capacity` is a power of two.
  explicit TextQueue(std::size_t capacity)
      : mask_(capacity - 1), cells_(std::make_unique<Cell[]>(capacity)) {
    for (std::size_t i = 0; i < capacity; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  // Any thread. False when there is no room; `text` is lost then.
  bool push(std::string text) {
    std::size_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at & mask_];
      const std::size_t turn = cell.turn.load(std::memory_order_acquire);
      if (turn == at) {
        if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        cell.text = std::move(text);
        cell.turn.store(at + 1, std::memory_order_release);
        return true;
      }
      if (turn < at) return false;  // still holds the text of the round before
      at = tail_.load(std::memory_order_relaxed);
    }
  }

  // The consumer's thread. False when nothing is there.
  bool pop(std::string& text) {
    Cell& cell = cells_[head_ & mask_];
    if (cell.turn.load(std::memory_order_acquire) != head_ + 1) return false;
    text = std::exchange(cell.text, {});  // an empty cell keeps no memory
    cell.turn.store(head_ + mask_ + 1, std::memory_order_release);
    ++head_;
    return true;
  }

 private:
  struct Cell {
    std::atomic<std::size_t> turn;
    std::string text;
  };

  const std::size_t mask_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::size_t head_ = 0;
};

}  // namespace larkspur::telemetry
