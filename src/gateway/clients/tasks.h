// Calls that go on after their request was answered: the caller gets a task, asks how it goes,
// gives what it needs, fetches its result, or cancels it, over any connection and from any loop
// (mcp 2025-11-25 basic/utilities/tasks; the extension io.modelcontextprotocol/tasks of
// 2026-07-28).
//
// A task belongs to its principal; where callers are anonymous, to its session, and ends with it;
// and where there is none of either, to whoever knows its id, which cannot be guessed. It lives in
// one process, on the loop that its call began on, for a limited time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/clients/held_task.h"
#include "gateway/clients/state_seal.h"
#include "gateway/clients/streams.h"
#include "mcp/server/handler.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct TaskLimits {
  std::chrono::milliseconds ttl{
      3'600'000};               // of a task that asks for none, and the most it may ask
  std::size_t count = 10'000;   // that are remembered, ended ones too
  std::size_t per_owner = 200;  // of these, on one loop
  std::size_t kept_bytes = 256 * 1024 * 1024;  // of results that wait for their callers
};

// Whether the client of a modern request has declared that it takes tasks.
bool declares_tasks(std::string_view client_capabilities);

class Tasks {
 public:
  // Performs the call; owns what it uses.
  using Work =
      std::function<Async<mcp::RpcResult>(std::shared_ptr<call::ClientInput> input,
                                          call::TaskHolder& holder, call::MessageSink& messages)>;

  // Both outlive this.
  Tasks(net::Loops& loops, Streams& streams, TaskLimits limits = {});
  ~Tasks();

  // Starts the call and gives the task as soon as it is one, or the result where it ends before. A
  // legacy client that asks for a task (`task`, the request's member) gets one in any case, unless
  // the call fails at once. Cancelled before, it cancels the call. `messages`, which may be null,
  // takes what the call says until then.
  Async<mcp::RpcResult> start(const mcp::RequestInfo& info, json::Value task, Work work,
                              call::MessageSink* messages);

  // tasks/get, tasks/result, tasks/list, tasks/update and tasks/cancel, as the client's era has
  // them.
  Async<mcp::RpcResult> handle(const mcp::Request& request);

  // The tasks of its anonymous client end. Any thread.
  void end_session(const std::string& session_id);

  // Cancels all, and returns when their calls have ended or `patience` is over. New ones must not
  // begin any more. Any loop.
  Async<void> close(std::chrono::milliseconds patience);

  // How many are remembered. Any thread.
  std::size_t count() const;

 private:
  struct State;
  struct Place {
    std::size_t loop;
    std::uint64_t serial;
  };
  using Visit = std::function<mcp::RpcResult(HeldTask& task)>;
  struct Next;

  std::optional<Place> find(const mcp::RequestInfo& info, std::string_view id) const;
  mcp::RpcResult give(const std::shared_ptr<HeldTask>& task, mcp::Era era);
  Async<mcp::RpcResult> visit(Place place, Visit visit);
  Async<mcp::RpcResult> list(std::string owner);
  Async<mcp::RpcResult> result(Place place, std::string id, mcp::RequestChannel& channel);

  net::Loops& loops_;
  Streams& streams_;
  TaskLimits limits_;
  StateSeal seal_;
  std::shared_ptr<State> state_;
};

}  // namespace larkspur::gateway
