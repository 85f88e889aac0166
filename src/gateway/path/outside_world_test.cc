#include "gateway/path/outside_world.h"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>
#include <future>

#include "call/external_call.h"
#include "net/testing.h"

namespace larkspur::gateway {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

class World : public testing::Test {
 protected:
  World() {
    http_.push_back(std::make_unique<net::HttpClient>(loops_.get().executor(0)));
    context_.outside = &world_;
  }

  Async<Result<call::ProcessEnd>> work(call::ProcessAsk ask) {
    call::ProcessRun run(context_, {.api = "Test", .details = call::KubectlCall{.type = "normal"}});
    co_return co_await run.run(std::move(ask));
  }
  Result<call::ProcessEnd> run(call::ProcessAsk ask) { return loops_.run(work(std::move(ask))); }

  static call::ProcessAsk shell(std::string script) {
    return {.argv = {"/bin/sh", "-c", std::move(script)}};
  }

  call::Caller caller_;
  call::CallContext context_{caller_};
  net::BackgroundLoops loops_{1};
  std::vector<std::unique_ptr<net::HttpClient>> http_;
  OutsideWorld world_{http_};
};

TEST_F(World, KeepsBothStreamsApartAndAllOfThem) {
  const auto end = run(shell("for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 3"));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(end->out.text, "out 1\nout 2\nout 3\n");
  EXPECT_EQ(end->err.text, "err 1\nerr 2\nerr 3\n");
  EXPECT_FALSE(end->timed_out);
}

TEST_F(World, LargeOutputCostsItsCapOnly) {
  auto ask = shell("head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo last");
  ask.max_stdout_bytes = 1000;
  const auto end = run(std::move(ask));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->out.truncated);
  EXPECT_EQ(end->out.bytes, 50'000'006u);
  EXPECT_LT(end->out.text.size(), 1100u);
  EXPECT_THAT(end->out.text, EndsWith("last\n"));
  EXPECT_THAT(end->out.text, HasSubstr("bytes left out"));
}

TEST_F(World, TheDeadlineEndsItAndKeepsWhatItSaid) {
  auto ask = shell("echo early; sleep 1000");
  ask.deadline = SteadyClock::now() + 300ms;
  const auto end = run(std::move(ask));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->timed_out);
  EXPECT_EQ(end->out.text, "early\n");
}

TEST_F(World, WhoIgnoresSigtermIsKilled) {
  auto ask = shell("trap '' TERM; echo deaf; while :; do sleep 0.1; done");
  ask.deadline = SteadyClock::now() + 300ms;
  const auto end = run(std::move(ask));
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->timed_out);
  EXPECT_EQ(end->signal, 9);
  EXPECT_EQ(end->out.text, "deaf\n");
}

TEST_F(World, AChildThatReadsNothingDoesNotHoldUsUp) {
  auto ask = shell("exit 0");
  ask.input = std::string(4'000'000, 'x');
  const auto end = run(std::move(ask));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 0);
}

TEST_F(World, AProgramThatIsNotThereIsAnError) {
  const auto end = run({.argv = {"no-such-program-at-all"}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kNotFound);
}

TEST_F(World, CancellingKillsTheWholeGroup) {
  const auto marker =
      std::filesystem::temp_directory_path() / ("larkspur-cancel-" + std::to_string(::getpid()));
  std::filesystem::remove(marker);
  asio::cancellation_signal cancel;
  std::promise<bool> ended;
  std::atomic<bool> started = false;
  auto ask = shell("echo up; sleep 2; touch " + marker.string());
  ask.on_output = [&](std::uint64_t) { started = true; };
  asio::co_spawn(loops_.get().executor(0), work(std::move(ask)),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](std::exception_ptr error, const Result<call::ProcessEnd>&) {
                       ended.set_value(error != nullptr);
                     }));
  while (!started) std::this_thread::sleep_for(5ms);
  asio::post(loops_.get().executor(0), [&] { cancel.emit(asio::cancellation_type::terminal); });
  EXPECT_TRUE(ended.get_future().get());
  std::this_thread::sleep_for(2500ms);
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(World, AnUrlThatIsNoneIsRefused) {
  const auto work = [&]() -> Async<Result<call::HttpAnswer>> {
    call::HttpExchange exchange(context_, {.api = "Test", .details = call::HttpCall{}});
    co_return co_await exchange.send({.url = "ftp://x"});
  };
  const auto answer = loops_.run(work());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace larkspur::gateway
