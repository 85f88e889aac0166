// The words for waiting. Everything that waits is a coroutine that returns Async<T> and runs on one
// event loop for life; nothing ever blocks a loop.
//
// Rules that keep coroutines safe here:
//   - parameters are taken by value, or by reference to something that outlives the coroutine;
//   - a lambda that is a coroutine is a named variable that outlives its coroutine (its captures
//     die with the lambda object, not with the coroutine);
//   - no thread-local state and no lock is held across a co_await.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace larkspur {

namespace asio = boost::asio;

using EventLoop = asio::io_context;
// The concrete executor type, not any_io_executor: 20 % less CPU per request (bench/README.md).
using Executor = EventLoop::executor_type;

template <class T = void>
using Async = asio::awaitable<T, Executor>;

// co_await op(kAwait) throws on error; auto [error, n] = co_await op(kAwaitTuple) does not.
inline constexpr asio::use_awaitable_t<Executor> kAwait;
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kAwaitTuple{kAwait};

using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

}  // namespace larkspur
