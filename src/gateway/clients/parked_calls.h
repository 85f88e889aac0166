// Calls of modern clients that wait for their client. Such a client takes no requests: a call that
// asks for input (a legacy backend's elicitation, or a script's tool) is parked, its request is
// answered with input_required, and the client's next request, which may arrive on another
// connection and another loop, brings the answers and goes on waiting for the same call.
//
// What the client carries in between is a sealed handle (state_seal.h), good for this principal and
// this very request only. The call itself lives here: in one process, on one loop, for a limited
// time.
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

#include "call/client_input.h"
#include "gateway/clients/state_seal.h"
#include "mcp/protocol.h"
#include "net/loops.h"

namespace larkspur::gateway {

struct ParkingLimits {
  std::size_t calls = 10'000;              // that wait at once; one more is refused its question
  std::chrono::seconds patience{10 * 60};  // for the client's next request
};

class ParkedCalls {
 public:
  // Performs the call; owns what it uses, for it may outlive the request that began it.
  using Work = std::function<Async<mcp::RpcResult>(std::shared_ptr<call::ClientInput> input,
                                                   call::MessageSink& messages)>;

  // Both outlive this.
  ParkedCalls(net::Loops& loops, const StateSeal& seal, ParkingLimits limits = {});
  ~ParkedCalls();

  // Starts the call and gives its result, or the input_required result that parks it. Cancelled, it
  // cancels the call. `messages` takes what the call says until then; it may be null. `binding`
  // says whose request this is and which.
  Async<mcp::RpcResult> start(std::string binding, std::string_view capabilities, Work work,
                              call::MessageSink* messages);

  // Where a requestState leads; nullopt where it is none of ours, or not good for `binding`.
  struct Place {
    std::size_t loop;
    std::uint64_t id;
  };
  std::optional<Place> find(std::string_view state, std::string_view binding) const;

  // Hands over the answers (a raw object, or "") and gives what start() would. Any loop.
  Async<mcp::RpcResult> resume(Place place, std::string answers, call::MessageSink* messages);

  // Cancels every call that waits for its client's next request, and returns when all have ended or
  // `patience` is over. New ones must not begin any more. Any loop.
  Async<void> close(std::chrono::milliseconds patience);

  // How many calls wait for their client, or for its next request. Any thread.
  std::size_t count() const { return count_->load(std::memory_order_relaxed); }

 private:
  class Parked;
  using Table = std::map<std::uint64_t, std::shared_ptr<Parked>>;

  Async<mcp::RpcResult> resume_here(std::uint64_t id, std::string answers,
                                    call::MessageSink* messages);
  Async<mcp::RpcResult> serve(std::shared_ptr<Parked> parked, call::MessageSink* messages);
  mcp::RpcResult park(const std::shared_ptr<Parked>& parked);

  net::Loops& loops_;
  const StateSeal& seal_;
  ParkingLimits limits_;
  std::shared_ptr<std::vector<Table>> tables_;  // one for each loop
  std::shared_ptr<std::atomic<std::size_t>> count_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<std::atomic<std::size_t>> running_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace larkspur::gateway
