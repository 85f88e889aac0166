// The programs of the scripts that ran last: agents send the same script again and again, and a
// program serves any number of runs at once.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "starlark/starlark.h"

namespace larkspur::codemode {

// Bounded by number and by memory; the one that was not used for the longest time goes first. Any
// thread.
class Programs {
 public:
  using Shared = std::shared_ptr<const starlark::Program>;
  struct Bounds {
    std::size_t programs = 512;
    std::size_t bytes = std::size_t{32} << 20;  // of programs and keys, about
  };
  struct Uses {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };

  Programs() = default;
  explicit Programs(Bounds bounds) : bounds_(bounds) {}

  // A key is all that a program was made of, not a digest of it: no other script can take its
  // place. nullptr where there is none.
  Shared find(std::string_view key);
  void keep(std::string key, Shared program);

  Uses uses() const;

 private:
  struct Kept {
    std::string key;
    Shared program;
    std::size_t bytes;
  };

  mutable std::mutex mutex_;
  Bounds bounds_;
  Uses uses_;
  std::size_t bytes_ = 0;
  std::list<Kept> recent_;  // the last one used comes first
  std::unordered_map<std::string_view, std::list<Kept>::iterator> by_key_;
};

}  // namespace larkspur::codemode
