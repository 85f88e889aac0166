#include "codemode/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "codemode/script_tool.h"

namespace larkspur::codemode {
namespace {

using namespace std::chrono_literals;

// Tools that answer with their arguments, wait, or fail, and remember how they were called.
class FakeTools : public call::ToolSource {
 public:
  FakeTools() {
    for (const char* name : {"echo", "wait", "broken"}) {
      auto tool = std::make_shared<call::Tool>();
      tool->name = name;
      tools_.push_back(std::move(tool));
    }
  }

  call::ToolList list(const call::Caller&, call::Audience) override { return tools_; }

  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override {
    places.push_back(context.place);
    parents.push_back(context.parent_record_id);
    if (!context.tool) co_return call::unknown_tool(tool);
    if (tool == "broken") co_return call::error_result("out of order");
    if (tool == "wait") {
      Timer timer(co_await asio::this_coro::executor, 1h);
      co_await timer.async_wait(kAwait);
      ++finished;
    }
    co_return call::CallResult{R"({"structuredContent":)" + std::string(arguments) + "}", false};
  }

  void rename(std::string_view from, std::string to) {
    for (auto& each : tools_) {
      if (each->name != from) continue;
      auto tool = std::make_shared<call::Tool>(*each);
      tool->name = std::move(to);
      each = std::move(tool);
      return;
    }
  }

  std::vector<std::string> places;
  std::vector<std::string> parents;
  int finished = 0;

 private:
  call::ToolList tools_;
};

struct ScriptRun {
  explicit ScriptRun(std::string source, std::string data = {}) {
    request.source = std::move(source);
    request.data = std::move(data);
  }

  call::ScriptOutcome operator()() {
    Engine engine(tools, limits);
    return with(engine);
  }

  call::ScriptOutcome with(Engine& engine) {
    call::CallContext context(caller);
    context.record_id = "parent-record";
    context.deadline = SteadyClock::now() + timeout;
    EventLoop loop;
    call::ScriptOutcome outcome;
    const auto work = [&]() -> Async<void> { outcome = co_await engine.run(context, request); };
    asio::co_spawn(loop, work(), asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    if (cancel_soon) {
      while (tools.places.empty()) loop.run_one();
      cancel.emit(asio::cancellation_type::terminal);
    }
    loop.run();
    return outcome;
  }

  FakeTools tools;
  EngineLimits limits;
  call::Caller caller;
  call::ScriptRequest request;
  SteadyClock::duration timeout = 30s;
  asio::cancellation_signal cancel;
  bool cancel_soon = false;
};

TEST(Engine, RunsAScriptOverTools) {
  ScriptRun run("print('hi')\nreturn [echo(n=n)['n'] for n in numbers]",
                R"({"numbers":[1,2.0,3]})");
  const call::ScriptOutcome outcome = run();
  EXPECT_EQ(outcome.end, call::ScriptEnd::kSuccess) << outcome.error;
  EXPECT_EQ(outcome.result, "[1,2.0,3]");
  EXPECT_EQ(outcome.printed, "hi\n");
  ASSERT_EQ(outcome.calls.size(), 3u);
  EXPECT_TRUE(outcome.calls[0].ok);
  EXPECT_EQ(run.tools.places, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(run.tools.parents[0], "parent-record");
}

TEST(Engine, EveryEndHasItsName) {
  const auto end_of = [](std::string source) { return ScriptRun(std::move(source))().end; };
  EXPECT_EQ(end_of("return 1"), call::ScriptEnd::kSuccess);
  EXPECT_EQ(end_of("return ]"), call::ScriptEnd::kSyntax);
  EXPECT_EQ(end_of("return nobody()"), call::ScriptEnd::kSyntax);
  EXPECT_EQ(end_of("return 1 // 0"), call::ScriptEnd::kRuntime);
  EXPECT_EQ(end_of("broken()"), call::ScriptEnd::kToolError);
  EXPECT_EQ(end_of("call_tool('nobody')"), call::ScriptEnd::kSyntax);
  EXPECT_EQ(end_of("call_tool('no' + 'body')"), call::ScriptEnd::kToolError);
  EXPECT_EQ(end_of("while True: pass"), call::ScriptEnd::kStepLimit);
  EXPECT_EQ(end_of("return [0] * (1 << 40)"), call::ScriptEnd::kMemoryLimit);
  EXPECT_EQ(end_of("for i in range(5000): echo(i=i)"), call::ScriptEnd::kCallLimit);
  EXPECT_EQ(end_of("for i in range(100000): print('x' * 1000)"), call::ScriptEnd::kOutputLimit);
}

TEST(Engine, CompilesAScriptOnceForTheSameToolsAndNames) {
  ScriptRun run("return echo(n=n)", R"({"n":1})");
  Engine engine(run.tools, run.limits);
  const auto result = [&](std::string source, std::string data) {
    run.request.source = std::move(source);
    run.request.data = std::move(data);
    return run.with(engine).result;
  };
  const std::string script = "return echo(n=n)";
  EXPECT_EQ(result(script, R"({"n":1})"), R"({"n":1})");
  EXPECT_EQ(engine.programs().uses().misses, 1u);
  EXPECT_EQ(result(script, R"({"n":2})"), R"({"n":2})");
  EXPECT_EQ(engine.programs().uses().hits, 1u);

  EXPECT_EQ(result(script, R"({"n":3,"m":4})"), R"({"n":3})");  // another name
  EXPECT_EQ(result(script + " ", R"({"n":5})"), R"({"n":5})");  // another source
  EXPECT_EQ(engine.programs().uses().hits, 1u);

  // Another tool takes the place of the one that was: what was checked then does not hold now.
  run.tools.rename("echo", "repeat");
  EXPECT_EQ(result(script, R"({"n":6})"), "");
  EXPECT_EQ(engine.programs().uses().hits, 1u);
  EXPECT_EQ(result("return repeat(n=n)", R"({"n":7})"), R"({"n":7})");
}

TEST(Engine, ManyLoopsRunOneProgram) {
  FakeTools tools;
  Engine engine(tools, {});
  std::atomic<int> right = 0;
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    loops.emplace_back([&engine, &right] {
      ScriptRun run(R"(
LONG = "a text that does not fit into a word, with an é" + "x" * 300
def f(names = ["a long default value", "b"], **more):
    return {"count": len(names), "long key of a record": more, "first": names[0] + LONG}
rows = [f(), f(["another long value"], extra = 1 << 80)]
return [rows[0] == f(), hash(LONG), LONG.upper(), {LONG: 1.5}[LONG], json.encode(rows)]
)");
      std::string first;
      for (int k = 0; k < 50; ++k) {
        const call::ScriptOutcome outcome = run.with(engine);
        if (k == 0) first = outcome.result;
        right += outcome.end == call::ScriptEnd::kSuccess && outcome.result == first;
      }
    });
  }
  for (std::thread& loop : loops) loop.join();
  EXPECT_EQ(right, 200);
  EXPECT_GE(engine.programs().uses().hits, 196u);  // each loop may have begun with its own
}

TEST(Engine, ATimeoutEndsTheCallsInFlight) {
  ScriptRun run("print('before')\nparallel([lambda: wait(), lambda: wait()])");
  run.timeout = 20ms;
  const call::ScriptOutcome outcome = run();
  EXPECT_EQ(outcome.end, call::ScriptEnd::kTimeout);
  EXPECT_EQ(outcome.printed, "before\n");
  EXPECT_EQ(run.tools.finished, 0);
  EXPECT_EQ(run.tools.places.size(), 2u);
}

TEST(Engine, ACancelledScriptHasAnOutcomeToo) {
  ScriptRun run("wait()");
  run.cancel_soon = true;
  EXPECT_EQ(run().end, call::ScriptEnd::kCancelled);
  EXPECT_EQ(run.tools.finished, 0);
}

TEST(Engine, DataMustBeVariables) {
  EXPECT_EQ(ScriptRun("return 1", R"({"not a name":1})")().end, call::ScriptEnd::kInvalidArguments);
  EXPECT_EQ(ScriptRun("return 1", R"({"for":1})")().end, call::ScriptEnd::kInvalidArguments);
  EXPECT_EQ(ScriptRun("return 1", R"({"echo":1})")().end, call::ScriptEnd::kInvalidArguments);
}

TEST(Engine, ErrorsSayWhereAndSuggest) {
  const call::ScriptOutcome outcome = ScriptRun("x = 1\ncall_tool('ecko')")();
  EXPECT_EQ(outcome.line, 2u);
  EXPECT_NE(outcome.error.find("did you mean echo?"), std::string::npos) << outcome.error;
}

}  // namespace
}  // namespace larkspur::codemode
