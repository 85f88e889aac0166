// A recorded script can be run again from the log alone, with no backend, and does exactly the
// same: same result, same prints, same number of steps. What the record promises, tried.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <map>

#include "codemode/answer.h"
#include "codemode/engine.h"
#include "codemode/script_tool.h"
#include "execlog/capture.h"
#include "execlog/proof/tree.h"
#include "execlog/store/sqlite_reader.h"
#include "execlog/store/sqlite_store.h"
#include "gateway/path/recorded_tools.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::shared_ptr<const call::Tool> tool_of(std::string_view definition) {
  auto tool = std::make_shared<call::Tool>();
  const auto document = json::Document::parse(std::string(definition));
  tool->name = document->root()["name"].string();
  tool->definition = definition;
  tool->schema = call::read_schema(definition);
  tool->source = "backend";
  return tool;
}

// slow(ms, value) takes its time, broken() fails, gone() gives no result. The script tool is here,
// too.
class LiveTools : public call::ToolSource {
 public:
  call::ToolList list(const call::Caller&, call::Audience) override { return tools_; }

  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override {
    if (tool == call::kScriptToolName)
      co_return co_await script_tool->call(context, tool, arguments);
    if (!context.tool) co_return call::unknown_tool(tool);
    if (tool == "broken") co_return call::error_result("out of order: it has value 7");
    if (tool == "gone") {
      co_return call::call_fail(ErrorCode::kUnavailable, call::FailureStage::kBackendConnect,
                                "backend 'x': connection refused");
    }
    const auto document = json::Document::parse(std::string(arguments));
    const std::chrono::milliseconds wait(document->root()["ms"].integer().value_or(0));
    Timer timer(co_await asio::this_coro::executor, wait);
    co_await timer.async_wait(kAwait);
    co_return call::CallResult{
        R"({"content":[],"structuredContent":)" + std::string(arguments) + "}", false};
  }

  codemode::ScriptTool* script_tool = nullptr;

 private:
  call::ToolList tools_ = {
      tool_of(R"({"name":"slow","inputSchema":{"type":"object"}})"),
      tool_of(R"({"name":"broken","description":"Never works."})"),
      tool_of(R"({"name":"gone"})"),
  };
};

// Answers as the records of a script's calls say, in the order in which the calls ended then.
class ReplayedTools : public call::ToolSource {
 public:
  ReplayedTools(execlog::Reader& reader, const execlog::Tree& script) : reader_(reader) {
    const auto definitions =
        json::Document::parse(reader.blob(script.record.script->tools_digest).value());
    for (const json::Value each : definitions->root().elements()) {
      tools_.push_back(tool_of(each.raw()));
    }
    for (const execlog::Tree& child : script.children) {
      calls_.emplace(child.record.ordinal.value(), &child.record);
    }
  }

  call::ToolList list(const call::Caller&, call::Audience) override { return tools_; }

  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view) override {
    const auto found = calls_.find(context.call_index);
    if (found == calls_.end() || found->second->tool_name != tool) {
      ADD_FAILURE() << "call " << context.call_index << " to " << tool << " was not recorded";
      co_return call::unknown_tool(tool);
    }
    const execlog::Record& record = *found->second;
    EXPECT_EQ(record.place, context.place);
    const Executor executor = co_await asio::this_coro::executor;
    // A call without a number did not end before the script did.
    while (!record.completed || *record.completed != turn_) co_await asio::post(executor, kAwait);
    ++turn_;
    co_return reply_of(record);
  }

 private:
  call::CallReply reply_of(const execlog::Record& record) {
    if (!record.result.blob.empty()) {
      return call::CallResult{reader_.blob(record.result.blob).value(),
                              record.result.is_error.value_or(false)};
    }
    const ErrorCode code = record.metadata->error_code == to_string(ErrorCode::kNotFound)
                               ? ErrorCode::kNotFound
                               : ErrorCode::kUnavailable;
    return call::call_fail(code, record.metadata->failure_stage, record.error.value());
  }

  execlog::Reader& reader_;
  call::ToolList tools_;
  std::map<std::int64_t, const execlog::Record*> calls_;
  std::int64_t turn_ = 1;
};

// What a script made: its result, its prints and why it failed, durations left out.
std::string outcome_of(const std::string& answer) {
  const auto document = json::Document::parse(answer);
  const json::Value data = document->root()["structuredContent"];
  std::string text;
  for (const char* member : {"result", "logs", "error"}) {
    text += std::string(member) + ": " + std::string(data[member].raw()) + "\n";
  }
  return text;
}

class ReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "replay-test-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(directory_); }

  template <class Work>
  auto run(Work work) {
    EventLoop loop;
    std::optional<typename decltype(work())::value_type> result;
    asio::co_spawn(loop, [&]() -> Async<void> { result = co_await work(); }, asio::detached);
    loop.run();
    return std::move(*result);
  }

  // Runs the script for real and leaves its records; the id of its own.
  std::string record(std::string_view script, std::string_view data) {
    execlog::Log log(execlog::SqliteStore::open({.directory = directory_}).value(), {});
    const execlog::CapturePolicy capture(execlog::Digester(execlog::Secret("key")),
                                         execlog::Capture::kFull);
    LiveTools live;
    gateway::RecordedTools door(live, log, &capture);
    codemode::EngineLimits limits;
    limits.machine.parallel = 3;
    codemode::Engine engine(door, limits);
    codemode::ScriptTool script_tool(door, engine);
    live.script_tool = &script_tool;

    json::Writer arguments;
    arguments.begin_object().key("script").string(script).key("data").raw(data).end_object();
    call::Caller caller;
    call::CallContext context(caller);
    const auto reply =
        run([&] { return door.call(context, call::kScriptToolName, arguments.text()); });
    EXPECT_TRUE(reply);
    return context.record_id;
  }

  void replay(const std::string& id) {
    execlog::SqliteReader reader(directory_);
    const execlog::Tree script = execlog::load_tree(reader, id).value();
    const execlog::ScriptInfo& info = *script.record.script;
    const auto arguments =
        json::Document::parse(reader.blob(script.record.request.arguments_blob).value());
    const std::string expected = reader.blob(script.record.result.blob).value();

    ReplayedTools tools(reader, script);
    codemode::EngineLimits limits;
    limits.machine.steps = static_cast<std::uint64_t>(info.step_limit.value());
    limits.machine.memory_bytes = static_cast<std::size_t>(info.memory_limit_bytes.value());
    limits.machine.depth = static_cast<std::uint32_t>(info.depth_limit.value());
    limits.machine.host_calls = static_cast<std::uint32_t>(info.call_limit.value());
    limits.machine.parallel = static_cast<std::uint32_t>(info.parallel_limit.value());
    limits.machine.print_bytes = static_cast<std::size_t>(info.print_limit_bytes.value());
    limits.machine.output_bytes = static_cast<std::size_t>(info.output_limit_bytes.value());
    limits.machine.clock_nanoseconds = info.clock_ms.value() * 1'000'000;
    codemode::Engine engine(tools, limits);

    call::ScriptRequest request;
    request.source = arguments->root()["script"].string();
    request.data = arguments->root()["data"].raw();
    call::Caller caller;
    call::CallContext context(caller);
    const call::ScriptOutcome outcome = run([&] { return engine.run(context, request); });
    EXPECT_EQ(outcome_of(codemode::answer(outcome).json), outcome_of(expected));
    EXPECT_EQ(static_cast<std::int64_t>(outcome.steps), info.step_count);
    EXPECT_EQ(outcome.tools->digest, info.tools_digest);
  }

  void record_and_replay(std::string_view script, std::string_view data = "{}") {
    replay(record(script, data));
  }

  std::string directory_;
};

TEST_F(ReplayTest, ASequence) {
  record_and_replay(R"(
total = 0
for i in range(5):
    print("call", i)
    total += slow(ms=1, value=i * factor)["value"]
return {"total": total}
)",
                    R"({"factor": 3})");
}

// Results come in another order than the calls were made in, and more tasks than run at once.
TEST_F(ReplayTest, ParallelTasksThatOvertakeEachOther) {
  record_and_replay(R"(
seen = []
def task(n):
    first = slow(ms=(n * 7) % 13, value=n)["value"]
    seen.append(first)
    second = slow(ms=(n * 5) % 11, value=first + 1)["value"]
    seen.append(second)
    print(n, "after", len(seen))
    return second
results = parallel([lambda n=n: task(n) for n in range(12)])
return [results, seen]
)");
}

TEST_F(ReplayTest, AToolThatFails) {
  record_and_replay("slow(ms=1, value=1)\nprint('before')\nreturn broken(x=1)");
}

TEST_F(ReplayTest, ABackendThatIsNotThere) {
  record_and_replay("return gone()");
}

TEST_F(ReplayTest, AToolThatDoesNotExist) {
  record_and_replay("name = 'slo'\nreturn call_tool(name, ms=1)");
}

// The script fails while calls are in flight.
TEST_F(ReplayTest, CallsThatWereCutOff) {
  record_and_replay(R"(
def task(n):
    if n == 1:
        slow(ms=1, value=0)
        fail("enough")
    return slow(ms=200, value=n)
parallel([lambda: task(0), lambda: task(1), lambda: task(2)])
)");
}

TEST_F(ReplayTest, ALimitEndsItAtTheSameStep) {
  record_and_replay(
      "x = slow(ms=1, value=2)['value']\nwhile_ = [x for _ in range(300000000)]\nreturn 1");
}

}  // namespace
}  // namespace larkspur::app
