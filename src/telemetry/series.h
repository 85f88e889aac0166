// The series that a decorator counts in, found again by the little that tells one of its label sets
// from another ("which tool, and how did it end?"). To write all labels down for every measurement
// and to look each instrument's series up by them costs ten times as much.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "telemetry/cells.h"

namespace larkspur::telemetry {

// 0, 1, 2, ... in the order in which threads first asked.
inline std::size_t number_of_this_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

// What tells the label sets of one decorator apart. Texts of which only a bounded number can occur:
// names that are known, never what a client made up.
struct SeriesKey {
  std::string_view name;       // of a tool
  std::string_view end;        // an error's type; "" for success
  std::string_view further{};  // a protocol revision, a method
  unsigned number = 0;         // flags, a status code

  bool operator==(const SeriesKey&) const = default;
};

// `Set`: the Series of several instruments. Any thread, without a lock: each has a map of its own.
template <class Set>
class SeriesCache {
 public:
  // Null: not met by this thread before, or too many were.
  const Set* find(const SeriesKey& key) const {
    const std::size_t thread = number_of_this_thread();
    if (thread >= kThreads || !shards_[thread]) return nullptr;
    const auto found = shards_[thread]->find(key);
    return found == shards_[thread]->end() ? nullptr : &found->second->set;
  }

  // The series of the calling thread. `key` is not in it yet.
  void keep(const SeriesKey& key, const Set& set) {
    const std::size_t thread = number_of_this_thread();
    if (thread >= kThreads) return;
    if (!shards_[thread]) shards_[thread] = std::make_unique<Shard>();
    Shard& mine = *shards_[thread];
    if (mine.size() >= Cells::kMaxSeries) return;
    auto owned = std::make_unique<Owned>(key, set);
    const SeriesKey kept = owned->key();
    mine.emplace(kept, std::move(owned));
  }

  // Both: `make` is asked for what is not there.
  template <class Make>
  Set get(const SeriesKey& key, Make make) {
    if (const Set* found = find(key)) return *found;
    const Set made = make();
    keep(key, made);
    return made;
  }

 private:
  static constexpr std::size_t kThreads = 63;  // as many as have cells of their own (instrument.h)

  struct Owned {
    Owned(const SeriesKey& of, const Set& what)
        : name(of.name), end(of.end), further(of.further), number(of.number), set(what) {}
    SeriesKey key() const { return {name, end, further, number}; }

    std::string name, end, further;
    unsigned number;
    Set set;
  };
  struct HashOf {
    std::size_t operator()(const SeriesKey& key) const {
      const std::hash<std::string_view> hash;
      std::size_t all = hash(key.name) + key.number;
      if (!key.end.empty()) all ^= hash(key.end) * 31;
      if (!key.further.empty()) all ^= key.further.size() << 32 ^ key.further.back();
      return all;
    }
  };
  using Shard = std::unordered_map<SeriesKey, std::unique_ptr<Owned>, HashOf>;

  std::array<std::unique_ptr<Shard>, kThreads> shards_;  // each touched by its thread alone
};

}  // namespace larkspur::telemetry
