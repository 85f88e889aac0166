// Work that blocks, for a coroutine that must not.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <type_traits>
#include <utility>

#include "base/async.h"

namespace larkspur {

// Runs work() on a thread of `pool` and goes on with its result on the coroutine's own loop. `work`
// must not throw. REQUIRES: the pool is joined before the loop dies. A cancellation waits for the
// work.
template <class Work>
Async<std::invoke_result_t<Work>> on_pool(asio::thread_pool& pool, Work work) {
  using Result = std::invoke_result_t<Work>;
  const Executor home = co_await asio::this_coro::executor;
  const auto start = [&](auto handler) {
    asio::post(pool, [work = std::move(work), handler = std::move(handler), home]() mutable {
      asio::post(home, [handler = std::move(handler), result = work()]() mutable {
        std::move(handler)(std::move(result));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Result)>(
      start, kAwait);
}

}  // namespace larkspur
