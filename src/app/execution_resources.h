// The ExecutionLog as MCP resources, for clients that read rather than call: execution://recent
// lists the newest calls, execution://ID shows one with everything that it called, both as
// Markdown. There where query_executions is, and with the same limits of whose calls are shown.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "call/content_source.h"
#include "config/config.h"

namespace larkspur::app {

// Any loop; questions to the disk are answered by a thread of its own.
class ExecutionResources : public call::ContentSource {
 public:
  static constexpr std::string_view kScheme = "execution://";
  static constexpr std::size_t kMaxTextBytes = std::size_t{8} << 10;

  // REQUIRES: `whose` is not kOff.
  ExecutionResources(std::string directory, config::LogTool whose);
  ~ExecutionResources() override;  // waits for the question that is being answered

  call::ContentList list(const call::Caller& caller, call::ContentKind kind) override;
  std::shared_ptr<const call::Content> find(call::ContentKind kind,
                                            std::string_view key) const override;
  Async<call::CallReply> fetch(call::CallContext& context, std::string_view method,
                               std::string_view params) override;

 private:
  const std::string directory_;
  const config::LogTool whose_;
  const std::shared_ptr<const call::Content> recent_, one_;
  asio::thread_pool reader_{1};
};

}  // namespace larkspur::app
