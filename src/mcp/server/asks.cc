#include "mcp/server/asks.h"

#include <utility>

#include "json/writer.h"

namespace larkspur::mcp::server {

std::int64_t Asks::next_id() {
  static std::atomic<std::int64_t> last = 0;
  return ++last;
}

void Asks::answer(const std::string& name, RpcResult result) {
  tables_.for_each([name, shared = std::make_shared<RpcResult>(std::move(result))](Table& table) {
    const auto found = table.find(name);
    if (found == table.end() || found->second->result_) return;
    found->second->result_ = *shared;
    found->second->answered_.cancel();
  });
}

Asks::Ask::Ask(Asks& asks, const Executor& executor, std::string name)
    : table_(asks.tables_.here(executor)),
      name_(std::move(name)),
      answered_(executor, SteadyClock::time_point::max()) {
  table_->emplace(name_, this);
}

Asks::Ask::~Ask() {
  table_->erase(name_);
}

Async<RpcResult> Asks::Ask::wait() {
  while (!result_) co_await answered_.async_wait(kAwaitTuple);
  co_return *std::move(result_);
}

void Asks::Ask::fail(RpcError error) {
  if (result_) return;
  result_ = std::unexpected(std::move(error));
  answered_.cancel();
}

RpcResult read_response(const Message& message) {
  const json::Value root = message.document.root();
  const json::Value error = root["error"];
  if (!error.exists()) return std::string(root["result"].raw());
  const auto code = error["code"].integer();
  return rpc_fail(code ? static_cast<int>(*code) : rpc::kInternalError,
                  std::string(error["message"].string()), std::string(error["data"].raw()));
}

std::string request_message(std::int64_t id, std::string_view method, std::string_view params) {
  json::Writer out(params.size() + 96);
  out.begin_object().key("jsonrpc").string("2.0").key("id").integer(id);
  out.key("method").string(method).key("params").raw(params.empty() ? "{}" : params).end_object();
  return on_one_line(out.take());
}

}  // namespace larkspur::mcp::server
