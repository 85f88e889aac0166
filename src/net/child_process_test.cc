#include "net/child_process.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <filesystem>
#include <fstream>

#include "net/testing.h"

namespace larkspur::net {
namespace {

using namespace boost::asio::experimental::awaitable_operators;
using testing::ElementsAre;
using testing::HasSubstr;

// Runs a coroutine on a loop of the test's own thread until nothing is left to do, so that a child
// or a waiter that stays behind shows as a test that hangs.
template <class Work>
void run(Work work) {
  Loops loops(1);
  std::exception_ptr failure;
  asio::co_spawn(loops.executor(0), work(loops.executor(0)),
                 [&](std::exception_ptr error) { failure = error; });
  loops.run();
  if (failure) std::rethrow_exception(failure);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was not reaped";
}

ChildOptions shell(std::string script) {
  ChildOptions options;
  options.argv = {"sh", "-c", std::move(script)};
  return options;
}

bool process_exists(int pid) {
  return ::kill(pid, 0) == 0;
}

TEST(ChildProcessTest, TalksThroughCat) {
  run([](Executor executor) -> Async<void> {
    ChildOptions options;
    options.argv = {"cat"};
    auto child = ChildProcess::spawn(executor, options);
    EXPECT_TRUE(child) << child.error().message;
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(co_await (*child)->write("hello " + std::to_string(i) + "\n"));
      EXPECT_EQ(co_await (*child)->read_line(), "hello " + std::to_string(i));
    }
    EXPECT_TRUE(co_await (*child)->write("a\nb\r\n\nunfinished"));
    EXPECT_EQ(co_await (*child)->read_line(), "a");
    EXPECT_EQ(co_await (*child)->read_line(), "b");
    EXPECT_EQ(co_await (*child)->read_line(), "");
    EXPECT_EQ((co_await (*child)->stop(5s)).describe(), "exit code 0");
    EXPECT_EQ(co_await (*child)->read_line(), "unfinished");
    EXPECT_EQ((co_await (*child)->read_line()).error().code, ErrorCode::kClosed);
    EXPECT_EQ((co_await (*child)->write("x")).error().code, ErrorCode::kClosed);
  });
}

TEST(ChildProcessTest, SaysWhichProgramIsMissing) {
  run([](Executor executor) -> Async<void> {
    ChildOptions options;
    options.argv = {"no-such-program-anywhere", "x"};
    auto child = ChildProcess::spawn(executor, options);
    EXPECT_FALSE(child);
    EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(child.error().message, HasSubstr("'no-such-program-anywhere' in PATH"));
    options.argv = {"/no/such/file"};
    EXPECT_EQ(ChildProcess::spawn(executor, options).error().code, ErrorCode::kNotFound);
    options.argv = {"cat"};
    options.working_directory = "/no/such/directory";
    EXPECT_THAT(ChildProcess::spawn(executor, options).error().message,
                HasSubstr("'/no/such/directory'"));
    options.argv = {};
    EXPECT_EQ(ChildProcess::spawn(executor, options).error().code, ErrorCode::kInvalidArgument);
    co_return;
  });
}

TEST(ChildProcessTest, ReportsHowItEnded) {
  run([](Executor executor) -> Async<void> {
    auto failing = ChildProcess::spawn(executor, shell("exit 7"));
    EXPECT_EQ((co_await (*failing)->wait()).describe(), "exit code 7");
    EXPECT_EQ((co_await (*failing)->wait()).code, 7);
    auto killed = ChildProcess::spawn(executor, shell("kill -9 $$"));
    EXPECT_EQ((co_await (*killed)->wait()).describe(), "signal 9 (Killed)");
  });
}

TEST(ChildProcessTest, SeveralMayWaitForTheExit) {
  run([](Executor executor) -> Async<void> {
    auto child = ChildProcess::spawn(executor, shell("sleep 0.05; exit 3"));
    const auto [a, b] = co_await ((*child)->wait() && (*child)->wait());
    EXPECT_EQ(a.code, 3);
    EXPECT_EQ(b.code, 3);
  });
}

TEST(ChildProcessTest, ArgumentsNeverPassThroughAShell) {
  run([](Executor executor) -> Async<void> {
    ChildOptions options;
    options.argv = {"printf", "%s\n", "$(echo hi); `ls` * \"quoted\""};
    auto child = ChildProcess::spawn(executor, options);
    EXPECT_EQ(co_await (*child)->read_line(), "$(echo hi); `ls` * \"quoted\"");
    co_await (*child)->wait();
  });
}

TEST(ChildProcessTest, TheChildSeesOnlyWhatItShould) {
  ::setenv("LARKSPUR_TEST_SECRET", "hunter2", 1);
  const int leak = ::open("/dev/null", O_RDONLY);  // inherited unless somebody closes it
  run([](Executor executor) -> Async<void> {
    ChildOptions options = shell(
        "echo \"$LARKSPUR_TEST_SECRET|$GIVEN|${PATH:+path}\"; pwd; echo /proc/$$/fd/*; "
        "grep SigIgn /proc/$$/status; cut -d' ' -f5 /proc/$$/stat");
    options.env = {{"GIVEN", "yes"}};
    options.working_directory = "/usr";
    auto child = ChildProcess::spawn(executor, options);
    EXPECT_TRUE(child);
    const std::string fds = "/proc/" + std::to_string((*child)->pid()) + "/fd/";
    EXPECT_EQ(co_await (*child)->read_line(), "|yes|path");
    EXPECT_EQ(co_await (*child)->read_line(), "/usr");
    EXPECT_THAT((co_await (*child)->read_line()).value(),
                testing::StartsWith(fds + "0 " + fds + "1 " + fds + "2"));
    // Signals 1 to 28, SIGPIPE among them (glibc sets its internal 32 and 33 to be ignored).
    EXPECT_THAT((co_await (*child)->read_line()).value(), testing::EndsWith("0000000"));
    EXPECT_EQ(co_await (*child)->read_line(), std::to_string((*child)->pid()));
    co_await (*child)->wait();
  });
  ::close(leak);
}

TEST(ChildProcessTest, AFloodOnStderrBlocksNothing) {
  std::size_t lines = 0, longest = 0;
  run([&](Executor executor) -> Async<void> {
    ChildOptions options = shell(
        "i=0; while [ $i -lt 200 ]; do head -c 20000 /dev/zero | tr '\\0' x >&2; echo >&2; "
        "i=$((i+1)); done; echo done");
    options.on_stderr = [&](std::string_view line) {
      ++lines;
      longest = std::max(longest, line.size());
    };
    auto child = ChildProcess::spawn(executor, std::move(options));
    EXPECT_EQ(co_await (*child)->read_line(), "done");
    co_await (*child)->wait();
    while (lines < 200) {
      Timer timer(executor, 1ms);
      co_await timer.async_wait(kAwait);
    }
  });
  EXPECT_EQ(lines, 200u);
  EXPECT_EQ(longest, 8u * 1024);
}

TEST(ChildProcessTest, CarriesALineOfTwentyMegabytes) {
  run([](Executor executor) -> Async<void> {
    ChildOptions options;
    options.argv = {"cat"};
    auto child = ChildProcess::spawn(executor, options);
    std::string large(20 * 1000 * 1000, 'x');
    large[12'345'678] = 'y';
    const auto [written, read] =
        co_await ((*child)->write(large + "\nnext\n") && (*child)->read_line());
    EXPECT_TRUE(written);
    EXPECT_TRUE(read && *read == large);
    EXPECT_EQ(co_await (*child)->read_line(), "next");
  });
}

TEST(ChildProcessTest, SkipsALineThatIsTooLongAndGoesOn) {
  run([](Executor executor) -> Async<void> {
    ChildOptions options = shell(
        "echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo after; head -c 1001 "
        "/dev/zero | tr '\\0' x; echo; head -c 1000 /dev/zero | tr '\\0' x; echo");
    options.max_line_bytes = 1000;
    auto child = ChildProcess::spawn(executor, std::move(options));
    EXPECT_EQ(co_await (*child)->read_line(), "first");
    const auto too_long = co_await (*child)->read_line();
    EXPECT_EQ(too_long.error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(co_await (*child)->read_line(), "after");
    EXPECT_EQ((co_await (*child)->read_line()).error().code, ErrorCode::kTooLarge);
    EXPECT_EQ((co_await (*child)->read_line()).value().size(), 1000u);
    EXPECT_EQ((co_await (*child)->read_line()).error().code, ErrorCode::kClosed);
  });
}

TEST(ChildProcessTest, WritesStayInOrderAndWhole) {
  run([](Executor executor) -> Async<void> {
    ChildOptions options;
    options.argv = {"cat"};
    auto child = ChildProcess::spawn(executor, options);
    int failed = 0;
    auto write = [&](int i) -> Async<void> {
      std::string line(50'000, static_cast<char>('a' + i));
      if (!co_await (*child)->write(line + "\n")) ++failed;
    };
    for (int i = 0; i < 20; ++i) asio::co_spawn(executor, write(i), asio::detached);
    for (int i = 0; i < 20; ++i) {
      const auto line = co_await (*child)->read_line();
      EXPECT_EQ(*line, std::string(50'000, static_cast<char>('a' + i)));
    }
    EXPECT_EQ(failed, 0);
  });
}

TEST(ChildProcessTest, ACancelledWriteLeavesNoHalfLine) {
  run([](Executor executor) -> Async<void> {
    auto child = ChildProcess::spawn(executor, shell("sleep 0.1; exec cat"));
    const std::string large(500'000, 'x');  // more than a pipe holds
    Timer timer(executor, 10ms);
    const auto winner = co_await ((*child)->write(large + "\n") || timer.async_wait(kAwait));
    EXPECT_EQ(winner.index(), 1u);
    const auto [written, line] = co_await ((*child)->write("next\n") && (*child)->read_line());
    EXPECT_TRUE(written);
    EXPECT_EQ(line->size(), large.size());
    EXPECT_EQ(co_await (*child)->read_line(), "next");
  });
}

TEST(ChildProcessTest, ACancelledReadLosesNothing) {
  run([](Executor executor) -> Async<void> {
    auto child = ChildProcess::spawn(executor, shell("printf half; sleep 0.1; echo ' whole'; cat"));
    Timer timer(executor, 50ms);
    const auto winner = co_await ((*child)->read_line() || timer.async_wait(kAwait));
    EXPECT_EQ(winner.index(), 1u);
    EXPECT_EQ(co_await (*child)->read_line(), "half whole");
  });
}

TEST(ChildProcessTest, WritingToAChildThatEndedIsClosed) {
  run([](Executor executor) -> Async<void> {
    auto child = ChildProcess::spawn(executor, shell("exit 0"));
    co_await (*child)->wait();
    EXPECT_EQ((co_await (*child)->write("x\n")).error().code, ErrorCode::kClosed);
  });
}

TEST(ChildProcessTest, AChildThatExitsMidWriteDoesNotHangTheWriter) {
  run([](Executor executor) -> Async<void> {
    auto child = ChildProcess::spawn(executor, shell("sleep 0.05"));
    const auto written = co_await (*child)->write(std::string(1'000'000, 'x'));
    EXPECT_EQ(written.error().code, ErrorCode::kClosed);
  });
}

TEST(ChildProcessTest, StopTermsThenKills) {
  run([](Executor executor) -> Async<void> {
    auto polite = ChildProcess::spawn(
        executor, shell("trap 'exit 5' TERM; echo up; while :; do sleep 0.01; done"));
    EXPECT_EQ(co_await (*polite)->read_line(), "up");
    EXPECT_EQ((co_await (*polite)->stop(50ms)).code, 5);
    auto stubborn =
        ChildProcess::spawn(executor, shell("trap '' TERM; echo up; while :; do sleep 0.01; done"));
    EXPECT_EQ(co_await (*stubborn)->read_line(), "up");
    const auto status = co_await (*stubborn)->stop(50ms);
    EXPECT_EQ(status.signal, SIGKILL);
  });
}

TEST(ChildProcessTest, GrandchildrenDieWithTheChild) {
  run([](Executor executor) -> Async<void> {
    // On stop, and when the child itself ends and leaves them behind.
    for (const std::string end : {"wait", "exit 0"}) {
      auto child = ChildProcess::spawn(executor, shell("sleep 1000 & echo $!; " + end));
      const int grandchild = std::stoi((co_await (*child)->read_line()).value());
      EXPECT_GT(grandchild, 0);
      co_await (*child)->stop(10ms);
      Timer timer(executor);
      for (int i = 0; i < 1000 && process_exists(grandchild); ++i) {
        // Whoever adopted it may be slow to reap it: a zombie is dead enough.
        std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
        std::string pid, name, state;
        if (stat >> pid >> name >> state && state == "Z") break;
        EXPECT_LT(i, 999) << "still alive after: " << end;
        timer.expires_after(2ms);
        co_await timer.async_wait(kAwait);
      }
    }
  });
}

TEST(ChildProcessTest, TheDestructorKillsAndReaps) {
  run([](Executor executor) -> Async<void> {
    auto child = ChildProcess::spawn(executor, shell("trap '' TERM; while :; do sleep 1; done"));
    child->reset();
    co_return;  // run() returns only when the waiter has ended, and looks for zombies
  });
}

TEST(ChildProcessTest, ALoopThatGoesFirstLeavesNothingBehind) {
  int pid = 0;
  {
    Loops loops(1);
    auto child = ChildProcess::spawn(loops.executor(0), shell("trap '' TERM; sleep 1000"));
    ASSERT_TRUE(child);
    pid = (*child)->pid();
  }
  EXPECT_FALSE(process_exists(pid));
}

}  // namespace
}  // namespace larkspur::net
