// What travels with a call down its path.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/async.h"
#include "call/caller.h"
#include "call/script_facts.h"
#include "call/trace_context.h"

namespace larkspur::execlog {
class Recording;
}

namespace larkspur::call {

class ClientInput;
struct Content;
class Outside;
class TaskHolder;
struct Tool;

// Takes what a tool says while it works. `params` is a raw JSON object without a progressToken:
// whoever stands nearest to the client puts its own token back.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // On the call's loop; returns at once.
  virtual void notify(std::string_view method, std::string_view params) = 0;
};

// One call on its way. Made where the call enters (the protocol, or a script for its inner calls),
// then filled in by the decorators it passes. Lives on one loop and outlives the call.
struct CallContext {
  explicit CallContext(const Caller& who) : caller(who) {}

  const Caller& caller;

  // What the called name means; nullptr for a name that nobody has. Set where the call enters the
  // path.
  std::shared_ptr<const Tool> tool;
  // The same for a prompt or a resource; of the two, at most one is set.
  std::shared_ptr<const Content> content;

  // The span that surrounds what happens now; invalid when nobody traces. Set by measure.
  TraceContext trace;
  // The span of the HTTP request that carried the call, where it is not the parent already; invalid
  // where there is none.
  TraceContext carrier;
  SteadyClock::time_point deadline = SteadyClock::time_point::max();

  // The open record of this call and its id, set by record; leaves enter their external calls here.
  execlog::Recording* record = nullptr;
  std::string record_id;
  // The short view of the record as JSON, for the caller: asked for where the call enters, set when
  // the call has ended.
  bool wants_execution_log = false;
  std::string execution_log;
  // What the log keeps of a script and of how it failed; set by the script tool.
  std::optional<ScriptFacts> script;

  // How a tool inside this process reaches what is outside; set by route. nullptr: nothing can be
  // reached.
  Outside* outside = nullptr;

  // Members for the backend's params._meta as a raw JSON object, or "": the client's own keys, with
  // those that the protocol reserves taken out.
  std::string meta;

  // Set on the way down, for the steps above: the tool is there but the caller may not use it,
  // which the reply does not tell; the protocol revision that the backend speaks.
  bool denied = false;
  std::string backend_revision;

  // nullptr when the client cannot take messages for this call.
  MessageSink* messages = nullptr;
  bool wants_progress = false;
  std::string log_level;  // the least severe log message that the client wants; "" for none

  // Who can be asked for input in the course of the call; nullptr: nobody.
  std::shared_ptr<ClientInput> input;
  // The client takes an input_required result for an answer, and retries: what it gave for the last
  // one, raw, "" for nothing. Not so for the calls inside a script, which wait instead.
  bool relays_input = false;
  std::string input_responses;
  std::string request_state;

  // The caller takes a task for an answer, and this is who holds it; nullptr: it waits for the
  // result.
  TaskHolder* task = nullptr;

  // The rest is set for the inner calls of a script only.
  const CallContext* parent = nullptr;  // the script's own call
  std::string parent_record_id;
  std::string place;             // "3", or "3/7": third call of the script, seventh task
  std::uint32_t call_index = 0;  // 1, 2, 3, ... in the order of the script
  bool in_parallel = false;
  // Counts the script's calls in the order in which they end; the engine's. Null: nobody counts.
  std::uint32_t* ended = nullptr;
  std::uint32_t completed = 0;  // this call's number in that order, set by record; 0: not counted
};

}  // namespace larkspur::call
