#include "gateway/clients/sessions.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <set>

#include "net/testing.h"

namespace larkspur::gateway {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

class SessionsTest : public testing::Test {
 protected:
  // On loop 0, like all that ends a session.
  void TearDown() override {
    const auto drop = [](std::optional<MemorySessions>& what) -> Async<bool> {
      what.reset();
      co_return true;
    };
    loops.run(drop(sessions));
  }
  void start(SessionLimits limits) {
    sessions.emplace(loops.get(), streams, limits);
    sessions->set_on_end([this](const std::string& id) {
      const std::scoped_lock lock(mutex);
      ended.insert(id);
    });
  }
  std::shared_ptr<const mcp::Session> create() {
    return loops.run(sessions->create(mcp::Session{}));
  }
  // What loop `index` says of a session.
  std::shared_ptr<const mcp::Session> find(std::string id, std::size_t index = 0) {
    const auto look = [](MemorySessions& in,
                         std::string which) -> Async<std::shared_ptr<const mcp::Session>> {
      co_return in.find(which);
    };
    return asio::co_spawn(loops.get().executor(index), look(*sessions, std::move(id)),
                          asio::use_future)
        .get();
  }
  bool has_ended(const std::string& id) {
    const std::scoped_lock lock(mutex);
    return ended.contains(id);
  }
  bool remove(const std::string& id) { return loops.run(sessions->remove(id)); }

  net::BackgroundLoops loops{3};
  Streams streams{loops.get()};
  std::optional<MemorySessions> sessions;
  std::mutex mutex;
  std::multiset<std::string> ended;
};

TEST_F(SessionsTest, AreKnownOnEveryLoopUntilTheyAreRemoved) {
  start({});
  const std::string id = create()->id;
  for (std::size_t loop = 0; loop < 3; ++loop) EXPECT_TRUE(find(id, loop)) << loop;
  EXPECT_EQ(sessions->count(), 1U);
  EXPECT_TRUE(remove(id));
  EXPECT_FALSE(remove(id));
  for (std::size_t loop = 0; loop < 3; ++loop) EXPECT_FALSE(find(id, loop)) << loop;
  EXPECT_EQ(sessions->count(), 0U);
  EXPECT_EQ(ended.count(id), 1U);
  EXPECT_FALSE(find("nope"));
}

TEST_F(SessionsTest, EndWhenNobodyUsesThemAndNotBefore) {
  start({.idle = 300ms});
  const std::string idle = create()->id;
  const auto busy = create();
  std::optional<mcp::SessionUse> use(busy->state);
  EXPECT_TRUE(net::eventually([&] { return has_ended(idle); }));
  EXPECT_FALSE(find(idle, 1));
  EXPECT_EQ(sessions->count(), 1U);
  EXPECT_TRUE(find(busy->id)) << "a stream is open, or a call runs";
  std::this_thread::sleep_for(400ms);
  EXPECT_FALSE(has_ended(busy->id));
  use.reset();
  EXPECT_TRUE(net::eventually([&] { return has_ended(busy->id); }));
  EXPECT_EQ(sessions->count(), 0U);
  EXPECT_EQ(ended.count(idle), 1U);
}

TEST_F(SessionsTest, ANewOneBeyondTheLimitTakesThePlaceOfAnIdleOne) {
  start({.idle = 1h, .count = 3});
  const std::string first = create()->id;
  const std::string second = create()->id;
  const auto third = create();
  const mcp::SessionUse use(third->state);
  EXPECT_TRUE(find(first)) << "from now on the second one is idle for longest";
  create();
  EXPECT_TRUE(net::eventually([&] { return has_ended(second); }));
  EXPECT_TRUE(find(first));
  EXPECT_TRUE(find(third->id));
  EXPECT_EQ(sessions->count(), 3U);
  for (int i = 0; i < 10; ++i) create();
  EXPECT_TRUE(net::eventually([&] { return has_ended(first); }));
  EXPECT_TRUE(find(third->id)) << "it is in use";
  EXPECT_EQ(sessions->count(), 3U);
}

}  // namespace
}  // namespace larkspur::gateway
