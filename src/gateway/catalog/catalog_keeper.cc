#include "gateway/catalog/catalog_keeper.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/text.h"

namespace larkspur::gateway {

namespace {

// The notifications that tell what is different.
std::vector<std::string_view> differences(const Catalog& a, const Catalog& b) {
  using call::ContentKind;
  std::vector<std::string_view> changes;
  if (!a.same_tools(b)) changes.push_back("notifications/tools/list_changed");
  if (!a.content().same(b.content(), ContentKind::kPrompt)) {
    changes.push_back("notifications/prompts/list_changed");
  }
  if (!a.content().same(b.content(), ContentKind::kResource) ||
      !a.content().same(b.content(), ContentKind::kTemplate)) {
    changes.push_back("notifications/resources/list_changed");
  }
  return changes;
}

}  // namespace

CatalogKeeper::CatalogKeeper(net::Loops& loops, const config::Config& config,
                             std::vector<Backend*> backends, CatalogBoard& board, Announce announce,
                             Report report, KeeperTimes times)
    : loops_(loops),
      config_(config),
      board_(board),
      announce_(std::move(announce)),
      report_(std::move(report)),
      times_(times) {
  for (Backend* backend : backends) {
    watches_.push_back(std::make_unique<Watch>(backend, loops.executor(0)));
    watches_.back()->state.name = backend->facts().name;
  }
}

void CatalogKeeper::start() {
  for (const auto& each : watches_) {
    asio::co_spawn(loops_.executor(0), watch(*each), asio::detached);
  }
}

// Sleeps, unless the backend is poked meanwhile.
Async<void> CatalogKeeper::pause(Watch& watch, std::chrono::milliseconds time) {
  if (!watch.poked) {
    watch.wake.expires_after(time);
    co_await watch.wake.async_wait(kAwaitTuple);
  }
  if (watch.poked) {
    watch.wake.expires_after(times_.settle);
    co_await watch.wake.async_wait(kAwaitTuple);
  }
  watch.poked = false;
}

Async<void> CatalogKeeper::watch(Watch& watch) {
  auto retry = times_.first_retry;
  for (;;) {
    auto offer = co_await watch.backend->list_offer(SteadyClock::now() + times_.list_timeout);
    watch.asked = true;
    if (offer) {
      if (!watch.state.error.empty()) report_("backend '" + watch.state.name + "' is back");
      if (!watch.state.up) watch.backend->warm_up();
      watch.state.error.clear();
      watch.state.up = true;
      watch.state.tools = offer->tools.size();
      watch.offer = std::move(*offer);
      retry = times_.first_retry;
      publish();
      co_await pause(watch, times_.refresh);
      continue;
    }
    // A backend that goes down keeps its tools: they fail with a clear error until it is back, and
    // no client sees its list shrink and grow again.
    if (watch.state.error != offer.error().message) {
      watch.state.error = offer.error().message;
      report_("backend '" + watch.state.name + "' is down: " + printable(watch.state.error));
    }
    watch.state.up = false;
    publish();
    co_await pause(watch, retry);
    retry = std::min(retry * 2, times_.last_retry);
  }
}

void CatalogKeeper::publish() {
  std::vector<BackendOffer> offers;
  std::int64_t up = 0;
  for (const auto& each : watches_) {
    offers.push_back(each->offer);
    offers.back().backend = each->state.name;
    up += each->state.up;
  }
  up_.store(up, std::memory_order_relaxed);
  auto catalog = std::make_shared<const Catalog>(Catalog::build(config_, offers, taken_));
  for (const std::string& problem : catalog->problems()) {
    if (std::ranges::find(reported_, problem) == reported_.end()) report_(problem);
  }
  reported_ = catalog->problems();
  const auto before = std::exchange(published_, catalog);
  const std::vector<std::string_view> changes = differences(*before, *catalog);
  if (changes.empty() && before->instructions() == catalog->instructions()) return;
  board_.publish(std::move(catalog));
  for (const std::string_view change : changes) announce_(change);
}

Async<void> CatalogKeeper::first_round(std::chrono::milliseconds patience) {
  const auto until = SteadyClock::now() + patience;
  Timer timer(co_await asio::this_coro::executor);
  const auto asked = [](const auto& each) { return each->asked; };
  while (!std::ranges::all_of(watches_, asked) && SteadyClock::now() < until) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(kAwaitTuple);
  }
}

void CatalogKeeper::changed(std::string_view backend) {
  asio::post(loops_.executor(0), [this, name = std::string(backend)] {
    for (const auto& each : watches_) {
      if (each->state.name != name) continue;
      each->poked = true;
      each->wake.cancel();
    }
  });
}

std::vector<BackendState> CatalogKeeper::states() const {
  std::vector<BackendState> states;
  for (const auto& each : watches_) states.push_back(each->state);
  return states;
}

}  // namespace larkspur::gateway
