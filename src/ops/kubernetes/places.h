// How many commands run at the same time: in this process, and against one cluster.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/async.h"

namespace larkspur::ops {

// Thread rule: every loop at once; the lock covers the counts only.
class Places {
 public:
  Places(std::uint32_t limit, std::uint32_t limit_of_a_cluster)
      : limit_(limit), limit_of_a_cluster_(limit_of_a_cluster) {}

  // `cluster` "" stands for the only one there is: `limit` alone holds for it.
  bool try_take(const std::string& cluster);
  void give_back(const std::string& cluster);

 private:
  const std::uint32_t limit_, limit_of_a_cluster_;
  std::mutex mutex_;
  std::uint32_t used_ = 0;
  std::map<std::string, std::uint32_t> used_of_a_cluster_;  // nobody's count is 0
};

// One place, taken by one command; it goes back with the command, however that ends.
class Place {
 public:
  Place(Places& places, std::string cluster) : places_(places), cluster_(std::move(cluster)) {}
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // False when the deadline comes first. Looks again and again: callers sit on different loops, and
  // a command takes much longer than a look.
  Async<bool> take(SteadyClock::time_point deadline);

 private:
  Places& places_;
  std::string cluster_;
  bool taken_ = false;
};

}  // namespace larkspur::ops
