#include "gateway/backends/backend_seats.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace larkspur::gateway {
namespace {

using namespace std::chrono_literals;

struct Counts {
  int made = 0;
  int closed = 0;
};

class FakeClient final : public mcp::Client {
 public:
  FakeClient(Counts& counts, mcp::Era era) : counts_(counts) {
    ++counts_.made;
    facts_.era = era;
  }
  Async<Result<mcp::ServerFacts>> connect() override { co_return facts_; }
  bool connected() const override { return true; }
  const mcp::ServerFacts* facts() const override { return &facts_; }
  Async<mcp::CallReply> call(std::string, std::string, std::string, mcp::CallOptions) override {
    co_return "{}";
  }
  Async<Result<std::vector<std::string>>> list(std::string, SteadyClock::time_point) override {
    co_return std::vector<std::string>();
  }
  void watch(std::set<std::string>) override {}
  Async<void> close() override {
    ++counts_.closed;
    co_return;
  }

 private:
  Counts& counts_;
  mcp::ServerFacts facts_;
};

class Seats : public testing::Test {
 protected:
  void make(mcp::Era era, SeatOptions options) {
    options.dial = [this, era](bool) { return std::make_unique<FakeClient>(counts_, era); };
    seats_ = std::make_unique<BackendSeats>(loop_.get_executor(), std::move(options));
  }
  Result<std::shared_ptr<Seat>> take(std::string owner) {
    Result<std::shared_ptr<Seat>> taken;
    const auto work = [&]() -> Async<void> { taken = co_await seats_->take(owner); };
    asio::co_spawn(loop_, work(), asio::detached);
    loop_.restart();
    loop_.poll();
    return taken;
  }

  EventLoop loop_{1};
  Counts counts_;
  std::unique_ptr<BackendSeats> seats_;
};

TEST_F(Seats, EveryPrincipalHasItsOwnWhereTheServerKeepsSomething) {
  make(mcp::Era::kLegacy, {.stateless_if_modern = true});
  const auto ada = *take("ada");
  EXPECT_NE(ada.get(), &seats_->shared());
  EXPECT_EQ(take("ada")->get(), ada.get());
  EXPECT_NE(take("bob")->get(), ada.get());
  EXPECT_EQ(take("")->get(), &seats_->shared());
  EXPECT_EQ(counts_.made, 3);
}

TEST_F(Seats, AServerThatKeepsNothingIsShared) {
  make(mcp::Era::kModern, {.stateless_if_modern = true});
  EXPECT_EQ(take("ada")->get(), &seats_->shared());
  make(mcp::Era::kLegacy, {.for_everybody = true});
  EXPECT_EQ(take("ada")->get(), &seats_->shared());
  make(mcp::Era::kModern, {});  // a process, whatever it speaks
  EXPECT_NE(take("ada")->get(), &seats_->shared());
}

TEST_F(Seats, TheOldestThatIsNotInUseMakesRoom) {
  make(mcp::Era::kLegacy, {.max_owned = 2});
  auto ada = *take("ada");
  take("bob");
  take("eve");
  EXPECT_EQ(counts_.closed, 1);
  EXPECT_EQ(take("ada")->get(), ada.get()) << "it was in use";
  auto bob = *take("bob");
  EXPECT_EQ(take("eve").error().code, ErrorCode::kLimit);
  ada.reset();
  EXPECT_TRUE(take("eve"));
  EXPECT_EQ(seats_->owned(), 2u);
}

TEST_F(Seats, IdleOnesAreClosed) {
  make(mcp::Era::kLegacy, {.idle = 5ms});
  take("ada");
  const auto in_use = *take("bob");
  loop_.restart();
  loop_.run_for(50ms);
  EXPECT_EQ(seats_->owned(), 1u);
  EXPECT_EQ(counts_.closed, 1);
}

}  // namespace
}  // namespace larkspur::gateway
