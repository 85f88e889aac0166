// try_call(f, *args, **kwargs): calls f and gives {"ok": True, "value": v, "error": None}, or,
// where the call fails, {"ok": False, "value": None, "error": message}. Limits end the script all
// the same.
//
// It is a native frame. When a task fails, the innermost such frame on its stack takes the error:
// what lies above it is unwound, and the record is what try_call gives back.
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {
namespace {

// state: function, positional arguments (a tuple), named arguments (a dict)
Step try_step(Context& context, std::span<Value> state, Value returned) {
  if (returned.is_missing()) return Step::call_with(state[0], state[1], state[2]);
  return Step::finish(outcome_record(context, returned, true, {}));
}

}  // namespace

Value try_call(Context& context, const Args& args) {
  if (args.positional.empty()) {
    return context.fail("try_call: missing argument for f", "write try_call(f, arguments of f)");
  }
  const Value function = args.positional[0];
  if (!is_callable(function)) {
    return context.fail(
        "try_call: for parameter f: got " + std::string(type_name(function)) + ", want callable",
        "pass the function, not its result: try_call(f, x) or try_call(lambda: f(x))");
  }
  const Value positional = context.tuple(args.positional.subspan(1));
  Dict* named = positional.is_failed() ? nullptr : context.dict(args.named.size());
  if (named == nullptr) return Value::failed();
  for (std::size_t i = 0; i < args.named.size(); ++i) {
    if (!table_set(context, *named, args.names[i], args.named[i])) return Value::failed();
  }
  return context.enter(try_step, {function, positional, Value::object(named)});
}

Value outcome_record(Context& context, Value value, bool ok, std::string_view error) {
  Dict* record = context.dict(4);
  if (record == nullptr) return Value::failed();
  auto set = [&](std::string_view key, Value v) {
    return !v.is_failed() && table_set(context, *record, Value::inline_string(key), v);
  };
  bool complete = set("ok", Value::boolean(ok)) && set("value", value) &&
                  set("error", ok ? Value::none() : context.string(error));
  return complete ? Value::object(record) : Value::failed();
}

bool Tasks::catch_failure(Task& task) {
  std::uint32_t depth = task.depth;
  while (depth > 0 &&
         (task.frames[depth - 1].proto != nullptr || task.frames[depth - 1].step != try_step)) {
    --depth;
  }
  if (depth == 0) return false;
  const std::string message = context_.take_error().text();
  unwind_to(context_, task, depth - 1);
  Value record = outcome_record(context_, Value::none(), false, message);
  if (record.is_failed()) return false;
  deliver(task, record);
  return true;
}

}  // namespace larkspur::starlark
