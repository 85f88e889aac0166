#include "execlog/form/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace larkspur::execlog {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Record call(std::string tool, std::string place, EpochMs start, std::int64_t ms) {
  Record record;
  record.tool_call_id = tool + "_-_" + std::to_string(start) + "-00000001";
  record.tool_name = std::move(tool);
  record.place = std::move(place);
  record.start_time = start;
  record.duration_ms = ms;
  record.status = Status::kSuccess;
  return record;
}

ApiCall mcp_call(std::string backend, std::string tool, std::int64_t ms) {
  ApiCall api{.api = "tools/call",
              .details = McpCall{.backend = std::move(backend),
                                 .mcp_method = "tools/call",
                                 .tool = std::move(tool),
                                 .backend_request_id = "7"}};
  api.duration_ms = ms;
  return api;
}

Tree script_tree() {
  Tree tree{.record = call("execute_tool_script", "", 1763624189123, 412)};
  tree.record.status = Status::kFailed;
  tree.record.error = "line 7: the index is full";
  tree.record.metadata = Metadata{.error_type = "tool_error",
                                  .error_code = "unavailable",
                                  .failure_stage = FailureStage::kScriptRun};
  tree.record.script = ScriptInfo{.hash = "sha256:" + std::string(64, 'a'),
                                  .step_count = 1234,
                                  .tool_count = 4,
                                  .parallel_used = true,
                                  .calls_saved = 3,
                                  .bytes_kept = 2000};
  tree.record.request.client_name = "demo";
  tree.record.request.client_version = "1.0";
  tree.record.principal = Principal{.kind = PrincipalKind::kUser, .id = "alice"};
  Record listing = call("files_list", "1", 1763624189130, 12);
  listing.result.size_bytes = 2048;
  listing.api_calls.push_back(mcp_call("files", "list_directory", 11));
  tree.children.push_back({.record = listing});
  tree.children.push_back({.record = call("files_read", "2/1", 1763624189150, 90)});
  tree.children.push_back({.record = call("files_read", "2/2", 1763624189150, 120)});
  Record failed = call("memory_create", "3", 1763624189300, 30);
  failed.status = Status::kTimeout;
  failed.error = "no answer";
  failed.metadata = Metadata{.error_type = "timeout",
                             .error_code = "timeout",
                             .failure_stage = FailureStage::kBackendCall,
                             .further = {{"retryable", true}}};
  failed.warnings = {"slow"};
  tree.children.push_back({.record = failed});
  return tree;
}

TEST(Render, Tree) {
  EXPECT_EQ(render_tree(script_tree()),
            R"(execute_tool_script  failed  412 ms  2025-11-20 07:36:29.123Z
id      execute_tool_script_-_1763624189123-00000001
client  demo 1.0
by      user alice
script  1234 steps, 4 tool calls, some in parallel  sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
saved   3 round trips, 2000 bytes kept here
error: line 7: the index is full
       stage script_run, type tool_error, code unavailable

├─ 1    files_list  12 ms  2048 bytes
│       → mcp tools/call list_directory @files  11 ms  request 7
├─ 2    parallel, 2 calls  120 ms
│  ├─ 2/1  files_read  90 ms
│  └─ 2/2  files_read  120 ms
└─ 3    memory_create  30 ms  timeout
        error: no answer
               stage backend_call, type timeout, code timeout, retryable true
        warning: slow
)");
}

TEST(Render, NarrowTerminalCutsLinesAndNothingElse) {
  const std::string wide = render_tree(script_tree(), {.width = 200});
  const std::string narrow = render_tree(script_tree(), {.width = 60});
  EXPECT_EQ(std::ranges::count(wide, '\n'), std::ranges::count(narrow, '\n'));
  EXPECT_THAT(narrow, HasSubstr("…"));
}

TEST(Render, List) {
  std::vector<StoredRecord> rows;
  rows.push_back({2, script_tree().record});
  rows.push_back({1, call("files_read", "", 1763624180000, 12'345)});
  EXPECT_EQ(render_list(rows, {.width = 120}),
            R"(STARTED                   TOOL                 STATUS      DURATION  ID
2025-11-20 07:36:29.123Z  execute_tool_script  failed        412 ms  execute_tool_script_-_1763624189123-00000001
2025-11-20 07:36:20.000Z  files_read           success       12.3 s  files_read_-_1763624180000-00000001
)");
  EXPECT_EQ(render_list({}), "No records.\n");
}

TEST(Render, NothingDrivesTheTerminal) {
  Tree tree{.record = call("t\x1b[31m", "", 1, 1)};
  tree.record.error = "a\nb\x1b]0;title\x07";
  EXPECT_THAT(render_tree(tree), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace larkspur::execlog
