#include "gateway/clients/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"
#include "mcp/message.h"

namespace larkspur::gateway {

namespace {

using namespace asio::experimental::awaitable_operators;  // NOLINT: operator||
using std::chrono::milliseconds;

// A task that has run out of time says so for as long, before it is forgotten.
constexpr std::chrono::seconds kGrace{5};

std::string owner_of(const mcp::RequestInfo& info) {
  if (info.identity.principal != mcp::Identity().principal) {
    return "principal\n" + info.identity.issuer + '\n' + info.identity.principal;
  }
  return info.session_id.empty() ? std::string() : "session\n" + info.session_id;
}

mcp::RpcResult unknown_task() {
  return mcp::rpc_fail(
      mcp::rpc::kInvalidParams,
      "params.taskId: no such task; it may have expired, or ended with its session "
      "or with the server process that held it");
}

mcp::RpcResult missing_extension() {
  return mcp::rpc_fail(
      mcp::rpc::kMissingClientCapability,
      "this method needs the extension " + std::string(kTasksExtension) +
          ", which the client has not declared",
      R"({"requiredCapabilities":{"extensions":{")" + std::string(kTasksExtension) + R"(":{}}}})");
}

milliseconds ttl_of(const json::Value& task, milliseconds most) {
  const auto wanted = task["ttl"].integer();
  return wanted ? std::clamp(milliseconds(*wanted), milliseconds(1'000),
                             std::max(most, milliseconds(1'000)))
                : most;
}

// `object` with the task that it belongs to in its _meta, as legacy clients have it.
std::string with_related_task(std::string_view object, std::string_view id) {
  const auto members = json::split_object(object);
  if (!members) return std::string(object);
  json::Writer out(object.size() + id.size() + 96);
  out.begin_object();
  for (const json::Member& member : *members) {
    if (member.key != "_meta") out.key(member.key).raw(member.raw);
  }
  out.key("_meta").begin_object();
  if (const auto meta = json::scan_object(json::find_member(*members, "_meta"))) {
    for (const json::Member& member : *meta) {
      if (member.key != kRelatedTask) out.key(member.key).raw(member.raw);
    }
  }
  out.key(kRelatedTask).begin_object().key("taskId").string(id).end_object();
  out.end_object().end_object();
  return out.take();
}

}  // namespace

bool declares_tasks(std::string_view client_capabilities) {
  if (!client_capabilities.contains(kTasksExtension)) return false;
  const auto document = json::Document::parse(std::string(client_capabilities));
  return document && document->root()["extensions"][kTasksExtension].is_object();
}

// Shared with calls and timers, which may end when Tasks is gone.
struct Tasks::State {
  using Table = std::map<std::uint64_t, std::shared_ptr<HeldTask>>;  // by serial: oldest first

  State(std::size_t loops, TaskLimits how) : tables(loops), limits(how) {}

  std::shared_ptr<HeldTask> find(std::size_t loop, std::uint64_t serial) {
    const auto found = tables[loop].find(serial);
    return found == tables[loop].end() ? nullptr : found->second;
  }

  void forget(std::size_t loop, std::uint64_t serial) {
    const auto found = tables[loop].find(serial);
    if (found == tables[loop].end()) return;
    const std::shared_ptr<HeldTask> task = found->second;
    tables[loop].erase(found);
    --count;
    if (!task->is_running()) kept -= task->result_bytes();
    task->expiry.cancel();
    task->cancel();
  }

  // The task has a result now; older ones that have ended make room for it.
  void keep(std::size_t loop, HeldTask& task) {
    kept += task.result_bytes();
    while (kept > limits.kept_bytes) {
      const auto oldest = std::ranges::find_if(tables[loop], [&](const auto& each) {
        return each.second.get() != &task && !each.second->is_running();
      });
      if (oldest == tables[loop].end()) break;
      forget(loop, oldest->first);
    }
    if (kept <= limits.kept_bytes) return;
    kept -= task.result_bytes();
    task.drop_result();
  }

  std::vector<Table> tables;  // one for each loop
  TaskLimits limits;
  std::atomic<std::size_t> count = 0;    // of what is in the tables
  std::atomic<std::size_t> running = 0;  // of their calls
  std::atomic<std::size_t> kept = 0;     // bytes of results
  std::atomic<std::uint64_t> last = 0;
  std::shared_ptr<std::atomic<std::size_t>> questions =
      std::make_shared<std::atomic<std::size_t>>(0);
};

Tasks::Tasks(net::Loops& loops, Streams& streams, TaskLimits limits)
    : loops_(loops),
      streams_(streams),
      limits_(limits),
      seal_(std::chrono::ceil<std::chrono::seconds>(limits.ttl) + std::chrono::minutes(1)),
      state_(std::make_shared<State>(loops.size(), limits)) {}
Tasks::~Tasks() = default;

std::size_t Tasks::count() const {
  return state_->count.load(std::memory_order_relaxed);
}

Async<mcp::RpcResult> Tasks::start(const mcp::RequestInfo& info, json::Value wanted, Work work,
                                   call::MessageSink* messages) {
  const Executor executor = co_await asio::this_coro::executor;
  const std::size_t here = net::Loops::here();
  const mcp::Era era = info.era;
  HeldTask::Facts facts{owner_of(info), info.session_id, ttl_of(wanted, limits_.ttl),
                        era == mcp::Era::kLegacy};
  const auto is_owners = [&facts](const auto& each) {
    return each.second->facts().owner == facts.owner;
  };
  if (state_->count.load() >= limits_.count ||
      static_cast<std::size_t>(std::ranges::count_if(state_->tables[here], is_owners)) >=
          limits_.per_owner) {
    co_return mcp::rpc_fail(mcp::rpc::kInternalError,
                            "too many tasks; wait for some to expire, or ask for a shorter ttl");
  }

  const auto task = std::make_shared<HeldTask>(executor, std::move(facts), info.client_capabilities,
                                               state_->questions, limits_.count);
  ++state_->running;
  task->attach(messages);
  const auto run = [](Work perform, std::shared_ptr<HeldTask> held) -> Async<mcp::RpcResult> {
    co_return co_await perform(held, *held, *held);
  };
  const auto ended = [task, state = state_, here, executor](const std::exception_ptr& error,
                                                            mcp::RpcResult result) {
    // Asio looks at the signal once more after this handler; it goes a moment later.
    asio::post(executor, [task] {});
    --state->running;
    if (error) result = mcp::rpc_fail(mcp::rpc::kInternalError, "the call was cancelled");
    task->end(std::move(result));
    if (state->find(here, task->serial) == task) state->keep(here, *task);
  };
  asio::co_spawn(executor, run(std::move(work), task),
                 asio::bind_cancellation_slot(task->stop.slot(), ended));

  co_await asio::this_coro::throw_if_cancelled(false);
  bool left = false;
  while (task->is_running() && !task->can_be_left() && !left) {
    co_await task->changed.async_wait(kAwaitTuple);
    left =
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
  }
  if (left && task->is_running()) {
    // The client has cancelled its request: the call ends before we do.
    task->cancel();
    while (task->is_running()) co_await task->changed.async_wait(kAwaitTuple);
  }
  co_await asio::this_coro::throw_if_cancelled(true);
  task->attach(nullptr);
  const bool at_once = !task->is_running() && !task->can_be_left();
  if (at_once && (era == mcp::Era::kModern || !task->result())) co_return task->result();
  co_return give(task, era);
}

// From here on its client may come back for it.
mcp::RpcResult Tasks::give(const std::shared_ptr<HeldTask>& task, mcp::Era era) {
  const std::size_t here = net::Loops::here();
  task->serial = ++state_->last;
  task->id = seal_.seal(fmt::format("{}:{}", here, task->serial), "task\n" + task->facts().owner);
  state_->tables[here].emplace(task->serial, task);
  ++state_->count;
  if (!task->is_running()) state_->keep(here, *task);
  task->expiry.expires_after(task->facts().ttl + kGrace);
  task->expiry.async_wait([state = std::weak_ptr(state_), here,
                           serial = task->serial](const boost::system::error_code& error) {
    const auto still = state.lock();
    if (!error && still) still->forget(here, serial);
  });
  if (era == mcp::Era::kLegacy && !task->facts().session_id.empty()) {
    // `task` is its own callback's owner.
    task->on_change = [this, held = task.get()] {
      streams_.send_to_session(
          mcp::notification_message("notifications/tasks/status", held->state(mcp::Era::kLegacy)),
          held->facts().session_id);
    };
  }
  return task->created_result(era);
}

std::optional<Tasks::Place> Tasks::find(const mcp::RequestInfo& info, std::string_view id) const {
  const auto inner = seal_.open(id, "task\n" + owner_of(info));
  if (!inner) return std::nullopt;
  Place place{};
  const char* const end = inner->data() + inner->size();
  const auto loop = std::from_chars(inner->data(), end, place.loop);
  const auto serial = std::from_chars(loop.ptr + 1, end, place.serial);
  if (loop.ec != std::errc() || serial.ec != std::errc() || place.loop >= loops_.size()) {
    return std::nullopt;
  }
  return place;
}

Async<mcp::RpcResult> Tasks::handle(const mcp::Request& request) {
  const bool modern = request.info.era == mcp::Era::kModern;
  const std::string_view method = request.method;
  if (modern && !declares_tasks(request.info.client_capabilities)) co_return missing_extension();
  if (!modern && method == "tasks/list") {
    if (request.params["cursor"].exists()) {
      co_return mcp::rpc_fail(mcp::rpc::kInvalidParams,
                              "params.cursor: this cursor was not given by tasks/list");
    }
    co_return co_await list(owner_of(request.info));
  }
  const json::Value id = request.params["taskId"];
  if (!id.is_string()) {
    co_return mcp::rpc_fail(mcp::rpc::kInvalidParams, "params.taskId: must be the task's id");
  }
  const auto place = find(request.info, id.string());
  const mcp::Era era = request.info.era;
  Visit visitor;
  if (method == "tasks/get") {
    visitor = [era](HeldTask& task) { return task.state(era); };
  } else if (method == "tasks/cancel") {
    visitor = [era](HeldTask& task) -> mcp::RpcResult {
      if (era == mcp::Era::kLegacy && task.ended()) {
        return mcp::rpc_fail(mcp::rpc::kInvalidParams,
                             "params.taskId: this task has ended already: " +
                                 std::string(to_string(task.status(era))));
      }
      task.cancel();
      return era == mcp::Era::kModern ? std::string("{}") : task.state(era);
    };
  } else if (modern && method == "tasks/update") {
    const json::Value answers = request.params["inputResponses"];
    if (!answers.is_object()) {
      co_return mcp::rpc_fail(mcp::rpc::kInvalidParams, "params.inputResponses: must be an object");
    }
    visitor = [text = std::string(answers.raw())](HeldTask& task) -> mcp::RpcResult {
      if (const auto document = json::Document::parse(text)) task.answer(document->root());
      return "{}";
    };
  } else if (modern || method != "tasks/result") {
    co_return mcp::rpc_fail(mcp::rpc::kMethodNotFound,
                            "Method not found: '" + std::string(method) + "'");
  }
  if (!place) co_return unknown_task();
  if (visitor) co_return co_await visit(*place, std::move(visitor));
  co_return co_await result(*place, std::string(id.string()), request.channel);
}

Async<mcp::RpcResult> Tasks::visit(Place place, Visit visitor) {
  const auto here = [](std::shared_ptr<State> state, Place where,
                       Visit look) -> Async<mcp::RpcResult> {
    const auto task = state->find(where.loop, where.serial);
    co_return task ? look(*task) : unknown_task();
  };
  co_return co_await asio::co_spawn(loops_.executor(place.loop),
                                    here(state_, place, std::move(visitor)), kAwait);
}

// What a legacy client that waits for the result has to hear of next: the result, or a question.
struct Tasks::Next {
  std::optional<mcp::RpcResult> result;
  OpenQuestions::Question question;
};

Async<mcp::RpcResult> Tasks::result(Place place, std::string id, mcp::RequestChannel& channel) {
  const auto next_there = [](std::shared_ptr<State> state, Place where,
                             std::shared_ptr<int> taker) -> Async<Next> {
    const auto task = state->find(where.loop, where.serial);
    if (!task) co_return Next{unknown_task(), {}};
    for (;;) {
      if (task->ended()) co_return Next{task->result(), {}};
      // Nobody takes a question without an interest in the answer: only where there is a taker.
      if (taker) {
        if (auto question = task->take(taker)) co_return Next{std::nullopt, *std::move(question)};
      }
      co_await task->changed.async_wait(kAwaitTuple);
    }
  };
  const Executor there = loops_.executor(place.loop);
  const auto taker = std::make_shared<int>();
  for (;;) {
    Next next = co_await asio::co_spawn(there, next_there(state_, place, taker), kAwait);
    if (!next.result) {
      // Should the task end meanwhile, the question is taken back.
      auto first = co_await (
          channel.request(next.question.method, with_related_task(next.question.params, id)) ||
          asio::co_spawn(there, next_there(state_, place, nullptr), kAwait));
      if (first.index() == 1) {
        next = std::get<1>(std::move(first));
      } else {
        mcp::RpcResult reply = std::get<0>(std::move(first));
        if (!reply && reply.error().code == mcp::rpc::kInternalError) {
          co_return mcp::rpc_fail(mcp::rpc::kInternalError,
                                  "the client could not be asked for what the task needs: " +
                                      reply.error().message + "; send tasks/result again");
        }
        co_await visit(place, [key = next.question.key, reply](HeldTask& task) -> mcp::RpcResult {
          if (reply) {
            task.answer(key, *reply);
          } else {
            task.answer(key, std::unexpected(
                                 call::CallError{ErrorCode::kInvalidArgument, reply.error().message,
                                                 call::FailureStage::kBackendCall,
                                                 reply.error().code, reply.error().data}));
          }
          return "{}";
        });
        continue;
      }
    }
    if (!*next.result) co_return *std::move(next.result);
    co_return with_related_task(**next.result, id);
  }
}

Async<mcp::RpcResult> Tasks::list(std::string owner) {
  using Found = std::vector<std::pair<EpochMs, std::string>>;
  const auto there = [](std::shared_ptr<State> state, std::size_t loop,
                        std::string whose) -> Async<Found> {
    Found found;
    for (const auto& [serial, task] : state->tables[loop]) {
      if (task->facts().owner != whose) continue;
      found.emplace_back(task->created(), task->state(mcp::Era::kLegacy));
    }
    co_return found;
  };
  Found all;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    Found found = co_await asio::co_spawn(loops_.executor(i), there(state_, i, owner), kAwait);
    std::ranges::move(found, std::back_inserter(all));
  }
  std::ranges::sort(all);
  json::Writer out;
  out.begin_object().key("tasks").begin_array();
  for (const auto& [created, task] : all) out.raw(task);
  out.end_array().end_object();
  co_return out.take();
}

void Tasks::end_session(const std::string& session_id) {
  loops_.post_to_all([state = state_, owner = "session\n" + session_id](std::size_t index) {
    std::vector<std::uint64_t> gone;
    for (const auto& [serial, task] : state->tables[index]) {
      if (task->facts().owner == owner) gone.push_back(serial);
    }
    for (const std::uint64_t serial : gone) state->forget(index, serial);
  });
}

Async<void> Tasks::close(milliseconds patience) {
  loops_.post_to_all([state = state_](std::size_t index) {
    while (!state->tables[index].empty()) {
      state->forget(index, state->tables[index].begin()->first);
    }
  });
  const auto until = SteadyClock::now() + patience;
  Timer timer(co_await asio::this_coro::executor);
  while (state_->running.load() > 0 && SteadyClock::now() < until) {
    timer.expires_after(milliseconds(2));
    co_await timer.async_wait(kAwaitTuple);
  }
}

}  // namespace larkspur::gateway
