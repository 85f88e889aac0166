// query_executions: the ExecutionLog for agents, a tool whose answers never exceed 8 KB. Without an
// id it lists calls, one short line of data each, page by page; with one it shows that call and
// what it called as Markdown. Off unless configured (executionLog.queryTool).
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "call/tool_source.h"
#include "config/config.h"

namespace larkspur::app {

// A leaf of the call path. Any loop; questions to the disk are answered by a thread of its own.
class QueryExecutions : public call::ToolSource {
 public:
  static constexpr std::size_t kMaxAnswerBytes = std::size_t{8} << 10;

  // `whose`: kOwn answers about the caller's own calls only. REQUIRES: not kOff.
  QueryExecutions(std::string directory, config::LogTool whose);
  ~QueryExecutions() override;  // waits for the question that is being answered

  const std::shared_ptr<const call::Tool>& facts() const { return facts_; }

  call::ToolList list(const call::Caller&, call::Audience) override { return {facts_}; }
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  const std::string directory_;
  const config::LogTool whose_;
  const std::shared_ptr<const call::Tool> facts_;
  asio::thread_pool reader_{1};
};

}  // namespace larkspur::app
