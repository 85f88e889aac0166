#include "gateway/clients/parked_calls.h"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <charconv>
#include <utility>

#include "gateway/clients/input_rounds.h"
#include "gateway/clients/open_questions.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

constexpr auto kNever = SteadyClock::time_point::max();
// How long to wait for more questions after the first: those of parallel calls come together.
constexpr std::chrono::milliseconds kSettle{5};

// Takes messages on one loop and brings them to another, as long as somebody there listens.
class BridgedSink : public call::MessageSink {
 public:
  BridgedSink(Executor home, call::MessageSink* sink, std::weak_ptr<int> alive)
      : home_(home), sink_(sink), alive_(std::move(alive)) {}
  void notify(std::string_view method, std::string_view params) override {
    asio::dispatch(home_, [sink = sink_, alive = alive_, method = std::string(method),
                           params = std::string(params)] {
      if (alive.lock()) sink->notify(method, params);
    });
  }

 private:
  Executor home_;
  call::MessageSink* sink_;
  std::weak_ptr<int> alive_;
};

}  // namespace

// One call. A request is attached while it waits for what comes next. Everything happens on the
// loop that the call began on.
class ParkedCalls::Parked final : public OpenQuestions, public call::MessageSink {
 public:
  Parked(const Executor& executor, std::string binding, std::string_view capabilities,
         std::shared_ptr<std::atomic<std::size_t>> count, std::size_t limit)
      : OpenQuestions(capabilities, std::move(count), limit),
        binding(std::move(binding)),
        changed(executor, kNever),
        expiry(executor, kNever) {}

  void notify(std::string_view method, std::string_view params) override {
    if (messages != nullptr) messages->notify(method, params);
  }

  std::string input_required(std::string_view state) const {
    json::Writer out;
    out.begin_object().key("resultType").string("input_required");
    out.key("inputRequests");
    write(out);
    out.key("requestState").string(state).end_object();
    return out.take();
  }

  const std::string binding;
  std::uint64_t id = 0;  // 0 before it was parked for the first time
  unsigned round = 0;
  bool attached = false;
  call::MessageSink* messages = nullptr;
  std::optional<mcp::RpcResult> result;
  asio::cancellation_signal cancel;
  Timer changed;  // cancelled when there is something new for the request that is attached
  Timer expiry;

 private:
  void asked() override { changed.cancel(); }
};

ParkedCalls::ParkedCalls(net::Loops& loops, const StateSeal& seal, ParkingLimits limits)
    : loops_(loops),
      seal_(seal),
      limits_(limits),
      tables_(std::make_shared<std::vector<Table>>(loops.size())) {}
ParkedCalls::~ParkedCalls() = default;

Async<mcp::RpcResult> ParkedCalls::start(std::string binding, std::string_view capabilities,
                                         Work work, call::MessageSink* messages) {
  const Executor executor = co_await asio::this_coro::executor;
  const auto parked =
      std::make_shared<Parked>(executor, std::move(binding), capabilities, count_, limits_.calls);
  parked->messages = messages;
  const auto run = [](Work perform, std::shared_ptr<Parked> call) -> Async<mcp::RpcResult> {
    co_return co_await perform(call, *call);
  };
  ++*running_;
  const auto ended = [parked, tables = tables_, running = running_, here = net::Loops::here()](
                         const std::exception_ptr& error, mcp::RpcResult result) {
    --*running;
    parked->close();
    parked->result = error ? mcp::rpc_fail(mcp::rpc::kInternalError, "the call was cancelled")
                           : std::move(result);
    // A result that nobody waits for now is kept for the client's next request, unless the call was
    // given up.
    if (error && !parked->attached) (*tables)[here].erase(parked->id);
    parked->changed.cancel();
  };
  asio::co_spawn(executor, run(std::move(work), parked),
                 asio::bind_cancellation_slot(parked->cancel.slot(), ended));
  co_return co_await serve(parked, messages);
}

Async<mcp::RpcResult> ParkedCalls::serve(std::shared_ptr<Parked> parked,
                                         call::MessageSink* messages) {
  parked->attached = true;
  parked->messages = messages;
  parked->expiry.cancel();
  co_await asio::this_coro::throw_if_cancelled(false);
  bool left = false;
  bool settled = false;
  while (!parked->result && !left && !(parked->asks() && settled)) {
    settled = parked->asks();
    parked->changed.expires_at(settled ? SteadyClock::now() + kSettle : kNever);
    co_await parked->changed.async_wait(kAwaitTuple);
    left =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  }
  parked->messages = nullptr;
  if (left && !parked->result) {
    // The client has cancelled its request: the call ends before we do.
    parked->cancel.emit(asio::cancellation_type::terminal);
    while (!parked->result) {
      parked->changed.expires_at(kNever);
      co_await parked->changed.async_wait(kAwaitTuple);
    }
  }
  parked->attached = false;
  co_await asio::this_coro::throw_if_cancelled(true);
  if (!parked->result) co_return park(parked);
  (*tables_)[net::Loops::here()].erase(parked->id);
  co_return *std::move(parked->result);
}

mcp::RpcResult ParkedCalls::park(const std::shared_ptr<Parked>& parked) {
  static std::atomic<std::uint64_t> last = 0;
  const std::size_t here = net::Loops::here();
  if (parked->id == 0) {
    parked->id = ++last;
    (*tables_)[here].emplace(parked->id, parked);
  }
  parked->expiry.expires_after(limits_.patience);
  parked->expiry.async_wait([weak = std::weak_ptr(parked), tables = tables_,
                             here](const boost::system::error_code& error) {
    const auto call = weak.lock();
    if (error || !call || call->attached) return;
    (*tables)[here].erase(call->id);
    call->cancel.emit(asio::cancellation_type::terminal);
  });
  const std::string inner = fmt::format("{}:{}:{}", here, parked->id, ++parked->round);
  return parked->input_required(seal_.seal(inner, "parked\n" + parked->binding));
}

Async<void> ParkedCalls::close(std::chrono::milliseconds patience) {
  loops_.post_to_all([tables = tables_](std::size_t index) {
    const Table waiting = std::exchange((*tables)[index], {});  // apart: what ends leaves it
    for (const auto& [id, call] : waiting) call->cancel.emit(asio::cancellation_type::terminal);
  });
  const auto until = SteadyClock::now() + patience;
  Timer timer(co_await asio::this_coro::executor);
  while (running_->load() > 0 && SteadyClock::now() < until) {
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(kAwaitTuple);
  }
}

std::optional<ParkedCalls::Place> ParkedCalls::find(std::string_view state,
                                                    std::string_view binding) const {
  const auto inner = seal_.open(state, "parked\n" + std::string(binding));
  if (!inner) return std::nullopt;
  Place place{};
  const char* const end = inner->data() + inner->size();
  const auto loop = std::from_chars(inner->data(), end, place.loop);
  const auto id = std::from_chars(loop.ptr + 1, end, place.id);
  if (loop.ec != std::errc() || id.ec != std::errc() || place.loop >= loops_.size()) {
    return std::nullopt;
  }
  return place;
}

Async<mcp::RpcResult> ParkedCalls::resume(Place place, std::string answers,
                                          call::MessageSink* messages) {
  if (place.loop == net::Loops::here()) {
    co_return co_await resume_here(place.id, std::move(answers), messages);
  }
  const auto alive = std::make_shared<int>();
  BridgedSink bridge(co_await asio::this_coro::executor, messages, alive);
  co_return co_await asio::co_spawn(
      loops_.executor(place.loop),
      resume_here(place.id, std::move(answers), messages == nullptr ? nullptr : &bridge), kAwait);
}

Async<mcp::RpcResult> ParkedCalls::resume_here(std::uint64_t id, std::string answers,
                                               call::MessageSink* messages) {
  const Table& table = (*tables_)[net::Loops::here()];
  const auto found = table.find(id);
  if (found == table.end()) {
    co_return mcp::rpc_fail(mcp::rpc::kInvalidParams, refused_state().error().message);
  }
  const std::shared_ptr<Parked> parked = found->second;
  if (parked->attached) {
    co_return mcp::rpc_fail(mcp::rpc::kInvalidParams,
                            "params.requestState: another request waits for this call already");
  }
  const auto document = json::Document::parse(answers.empty() ? "{}" : std::move(answers));
  if (document) parked->answer(document->root());
  co_return co_await serve(parked, messages);
}

}  // namespace larkspur::gateway
