#include "mcp/server/running.h"

#include <utility>

namespace larkspur::mcp::server {

namespace {

// A timer set to it has expired, for those who wait and for those who will.
constexpr SteadyClock::time_point kPast = SteadyClock::time_point::min();

}  // namespace

void Running::cancel(const std::string& name) {
  lists_.for_each([name](List& list) {
    std::vector<Call*> calls;  // apart, because a call that ends leaves the list
    const auto [first, last] = list.calls.equal_range(name);
    for (auto it = first; it != last; ++it) calls.push_back(it->second);
    cancel_now(calls);
    for (Stream* stream : list.streams) {
      if (stream->name_ != name) continue;
      stream->cancelled_ = true;
      stream->end_.expires_at(kPast);
    }
  });
}

void Running::cancel_all_calls() {
  lists_.for_each([](List& list) {
    std::vector<Call*> calls;
    for (const auto& [name, call] : list.calls) calls.push_back(call);
    cancel_now(calls);
  });
}

void Running::cancel_calls_of(const std::string& prefix) {
  lists_.for_each([prefix](List& list) {
    std::vector<Call*> calls;
    for (const auto& [name, call] : list.calls) {
      if (name.starts_with(prefix)) calls.push_back(call);
    }
    cancel_now(calls);
  });
}

void Running::cancel_now(const std::vector<Call*>& calls) {
  for (Call* call : calls) {
    call->cancelled_ = true;
    call->signal_.emit(asio::cancellation_type::terminal);
  }
}

void Running::stop() {
  stopped_ = true;
  lists_.for_each([](List& list) {
    for (Stream* stream : list.streams) stream->end_.expires_at(kPast);
  });
}

Running::Call::Call(Running& running, const Executor& executor, std::string name)
    : list_(running.lists_.here(executor)),
      counts_(running.counts_),
      place_(list_->calls.emplace(std::move(name), this)) {
  ++counts_->calls;
}

Running::Call::~Call() {
  list_->calls.erase(place_);
  --counts_->calls;
}

Running::Stream::Stream(Running& running, const Executor& executor, std::string name)
    : list_(running.lists_.here(executor)),
      counts_(running.counts_),
      name_(std::move(name)),
      end_(executor, SteadyClock::time_point::max()) {
  list_->streams.insert(this);
  ++counts_->streams;
  // After the insertion: a stop() in between finds us in the list, one before is seen here.
  if (running.stopped_) end_.expires_at(kPast);
}

Running::Stream::~Stream() {
  list_->streams.erase(this);
  --counts_->streams;
}

Async<void> Running::Stream::ended() {
  co_await end_.async_wait(kAwaitTuple);
}

}  // namespace larkspur::mcp::server
