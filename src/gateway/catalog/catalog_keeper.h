// Keeps the catalog true: asks every backend for what it offers, again when one says that it
// changed, again and again while one is down, and publishes what comes out.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "config/config.h"
#include "gateway/backends/backend.h"
#include "gateway/catalog/catalog_board.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct KeeperTimes {
  std::chrono::milliseconds list_timeout{30'000};
  std::chrono::milliseconds first_retry{500};  // doubles while a backend is down, up to last_retry
  std::chrono::milliseconds last_retry{30'000};
  std::chrono::milliseconds settle{50};  // after a change: more of them often follow at once
  std::chrono::milliseconds refresh{
      300'000};  // for servers that do not say when their tools change
};

// What an operator may want to know of one backend.
struct BackendState {
  std::string name;
  bool up = false;
  std::size_t tools = 0;
  std::string error;  // why it is down; "" when it is up
};

// Lives on loop 0; changed() may be called from anywhere.
class CatalogKeeper {
 public:
  // One of the published lists changed; a method such as "notifications/tools/list_changed".
  using Announce = std::function<void(std::string_view method)>;
  using Report = std::function<void(std::string_view problem)>;  // a line for the operator

  // Everything outlives this. `backends` in the order of the configuration.
  CatalogKeeper(net::Loops& loops, const config::Config& config, std::vector<Backend*> backends,
                CatalogBoard& board, Announce announce, Report report, KeeperTimes times = {});

  // No backend's tool gets this name. Before start().
  void reserve(std::string name) { taken_.insert(std::move(name)); }
  // Starts watching; call before the loops run.
  void start();
  // Returns when every backend has been asked once, or when `patience` is over. On loop 0.
  Async<void> first_round(std::chrono::milliseconds patience);
  // What this backend offers may have changed. Any thread.
  void changed(std::string_view backend);
  // On loop 0.
  std::vector<BackendState> states() const;
  // How many backends are up. Any thread.
  std::int64_t up() const { return up_.load(std::memory_order_relaxed); }

 private:
  struct Watch {
    Watch(Backend* which, Executor executor)
        : backend(which), wake(executor, SteadyClock::time_point::max()) {}
    Backend* backend;
    Timer wake;
    bool poked = false;
    bool asked = false;
    BackendState state;
    BackendOffer offer;
  };

  Async<void> watch(Watch& watch);
  Async<void> pause(Watch& watch, std::chrono::milliseconds time);
  void publish();

  net::Loops& loops_;
  const config::Config& config_;
  CatalogBoard& board_;
  Announce announce_;
  Report report_;
  KeeperTimes times_;
  // The script tool's name is taken also while code mode is off: no backend may pose as it.
  std::set<std::string, std::less<>> taken_{std::string(call::kScriptToolName)};
  std::vector<std::unique_ptr<Watch>> watches_;
  std::shared_ptr<const Catalog> published_ = std::make_shared<const Catalog>();
  std::vector<std::string> reported_;
  std::atomic<std::int64_t> up_{0};
};

}  // namespace larkspur::gateway
