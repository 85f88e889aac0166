#include "mcp/server/running.h"

#include <utility>
#include <vector>

namespace larkspur::mcp::server {

void Running::cancel(const std::string& name) {
  lists_.for_each([name](List& list) {
    const auto [first, last] = list.calls.equal_range(name);
    std::vector<Call*> calls;  // apart, because a call that ends leaves the list
    for (auto it = first; it != last; ++it) calls.push_back(it->second);
    for (Call* call : calls) {
      call->cancelled_ = true;
      call->signal_.emit(asio::cancellation_type::terminal);
    }
  });
}

void Running::stop() {
  stopped_ = true;
  lists_.for_each([](List& list) {
    for (Stream* stream : list.streams) stream->end_.expires_at(SteadyClock::time_point::min());
  });
}

Running::Call::Call(Running& running, const Executor& executor, std::string name)
    : list_(running.lists_.here(executor)), place_(list_->calls.emplace(std::move(name), this)) {}

Running::Call::~Call() {
  list_->calls.erase(place_);
}

Running::Stream::Stream(Running& running, const Executor& executor)
    : list_(running.lists_.here(executor)), end_(executor, SteadyClock::time_point::max()) {
  list_->streams.insert(this);
  // After the insertion: a stop() in between finds us in the list, one before is seen here.
  if (running.stopped_) end_.expires_at(SteadyClock::time_point::min());
}

Running::Stream::~Stream() {
  list_->streams.erase(this);
}

Async<void> Running::Stream::ended() {
  co_await end_.async_wait(kAwaitTuple);
}

}  // namespace larkspur::mcp::server
