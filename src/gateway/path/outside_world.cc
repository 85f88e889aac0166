#include "gateway/path/outside_world.h"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>

#include "call/head_tail.h"
#include "net/child_process.h"
#include "net/loops.h"

namespace larkspur::gateway {

namespace {

using namespace std::chrono_literals;
using asio::experimental::awaitable_operators::operator&&;
using asio::experimental::awaitable_operators::operator||;

constexpr auto kGrace = 2s;  // between SIGTERM and SIGKILL

// Everything a child writes to one of its streams, up to the stream's end.
Async<void> collect(net::ChildProcess& child, net::ChildStream stream, call::HeadTail& into,
                    const std::function<void(std::uint64_t)>& on_output) {
  for (;;) {
    const auto bytes = co_await child.read_some(stream);
    if (!bytes || bytes->empty()) co_return;
    into.append(*bytes);
    if (on_output) on_output(into.bytes());
  }
}

Async<void> feed(net::ChildProcess& child, std::string input) {
  // A child that does not read its input is its own business: its exit code says how it ended.
  if (!input.empty()) (void)co_await child.write(std::move(input));
  child.close_input();
}

// Ends the child when the time comes; waits for its end if it comes first.
Async<bool> end_in_time(net::ChildProcess& child, SteadyClock::time_point deadline) {
  if (deadline == SteadyClock::time_point::max()) {
    co_await child.wait();
    co_return false;
  }
  Timer timer(co_await asio::this_coro::executor, deadline);
  const auto first = co_await (child.wait() || timer.async_wait(kAwait));
  if (first.index() == 0) co_return false;
  co_await child.terminate(kGrace);
  co_return true;
}

call::ProcessText kept(const call::HeadTail& stream) {
  return {stream.text(), stream.bytes(), stream.truncated()};
}

}  // namespace

Async<Result<call::HttpAnswer>> OutsideWorld::send(const Key&, call::CallContext&,
                                                   call::HttpAsk ask) {
  const auto url = net::Url::parse(ask.url);
  if (!url) co_return fail(url.error());
  net::HttpRequest request;
  request.method = std::move(ask.method);
  request.target = url->target;
  for (auto& [name, value] : ask.headers) request.headers.add(std::move(name), std::move(value));
  request.body = std::move(ask.body);
  auto response = co_await http_[net::Loops::here()]->send(*url, std::move(request), ask.deadline,
                                                           ask.max_body_bytes);
  if (!response) co_return fail(std::move(response.error()));
  call::HttpAnswer answer{.status = response->status, .headers = {}, .body = {}};
  for (const auto& [name, value] : response->headers) answer.headers.emplace_back(name, value);
  answer.body = std::move(response->body);
  co_return answer;
}

Async<Result<call::ProcessEnd>> OutsideWorld::run(const Key&, call::CallContext&,
                                                  call::ProcessAsk ask) {
  net::ChildOptions options;
  options.argv = std::move(ask.argv);
  options.env = std::move(ask.env);
  options.read_stderr = true;
  const auto executor = co_await asio::this_coro::executor;
  auto child = net::ChildProcess::spawn(executor, std::move(options));
  if (!child) co_return fail(std::move(child.error()));

  call::HeadTail out(ask.max_stdout_bytes), err(ask.max_stderr_bytes);
  const std::function<void(std::uint64_t)> silent;
  bool timed_out = false;
  try {
    timed_out =
        co_await (collect(**child, net::ChildStream::kOut, out, ask.on_output) &&
                  collect(**child, net::ChildStream::kErr, err, silent) &&
                  feed(**child, std::move(ask.input)) && end_in_time(**child, ask.deadline));
  } catch (const asio::multiple_exceptions&) {  // what several cancelled coroutines throw together
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  const net::ExitStatus status = co_await (*child)->wait();
  co_return call::ProcessEnd{.pid = (*child)->pid(),
                             .exit_code = status.code,
                             .signal = status.signal,
                             .timed_out = timed_out,
                             .out = kept(out),
                             .err = kept(err)};
}

}  // namespace larkspur::gateway
