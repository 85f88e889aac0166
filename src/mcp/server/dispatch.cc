#include "mcp/server/dispatch.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

namespace larkspur::mcp::server {

Async<RpcResult> call_handler(Handler& handler, const Request& request) {
  try {
    co_return co_await handler.handle(request);
  } catch (const std::exception&) {
    co_return rpc_fail(rpc::kInternalError, "Internal error");
  }
}

Async<RpcResult> call_handler(Handler& handler, const Request& request,
                              asio::cancellation_signal& signal) {
  const auto executor = co_await asio::this_coro::executor;
  // The work listens to `signal` alone, so what reaches us is passed on to it.
  asio::cancellation_slot ours = (co_await asio::this_coro::cancellation_state).slot();
  if (ours.is_connected()) {
    ours.assign([&signal](asio::cancellation_type type) { signal.emit(type); });
  }
  RpcResult result = co_await asio::co_spawn(executor, call_handler(handler, request),
                                             asio::bind_cancellation_slot(signal.slot(), kAwait));
  if (ours.is_connected()) ours.clear();
  co_return result;
}

}  // namespace larkspur::mcp::server
