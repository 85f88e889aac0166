// How a native function is written.
//
//   Value len(Context& context, const Args& args) {
//     Value v[1];
//     if (!args.bind(context, {"x"}, v)) return Value::failed();
//     ...
//     return context.integer(n);                       // or context.fail("len: ...")
//   }
//   constexpr Builtin kFunctions[] = {{"len", len}, ...};
//
// A method is the same with args.self as its receiver.
//
// A native never calls back into the script. One that must (sorted with key=, max, map) goes on as
// a native FRAME: a step function and a few values of state that lie on the script's own stack, so
// that a tool call inside the callback can wait like any other and depth is bounded by one counter:
//
//   Step map_step(Context& context, std::span<Value> state, Value returned) {
//     // state: function, items (a list), results (a list), position
//     List* results = as_list(state[2]);
//     if (!returned.is_missing() && !context.append(*results, returned)) return Step::fail();
//     auto i = state[3].as_small_int();
//     if (i == as_list(state[1])->length) return Step::finish(state[2]);
//     state[3] = Value::small_int(i + 1);
//     return Step::call(state[0], {as_list(state[1])->items[i]});
//   }
//   Value map(Context& context, const Args& args) {
//     ...
//     return context.enter(map_step, {function, items, results, Value::small_int(0)});
//   }
//
// The step function is called first with `returned` missing, then with what each call gave back. An
// error in the callback ends the frame; it is not called again.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "starlark/vm/context.h"

namespace larkspur::starlark {

// The arguments of one native call: a view into the caller's registers, valid until the native
// returns or calls Context::enter.
class Args {
 public:
  const Builtin* callee = nullptr;
  Value self;  // the receiver of a method, else None
  std::span<const Value> positional;
  std::span<const Value> names;  // strings, one for each of `named`
  std::span<const Value> named;

  std::string_view function_name() const { return callee->name; }

  // Puts the arguments where the parameters are, Value::missing() for an absent optional one.
  //   "name"   required        "name?"  optional
  //   "/"      what comes before is positional only      "*"  what follows is keyword only
  // Neither mark takes a place in `out`. Fails as starlark-go does, with a hint for a misspelt
  // name.
  bool bind(Context& context, std::initializer_list<std::string_view> parameters, Value* out) const;

  // For functions that take any number of positional arguments, and for those that take no keyword.
  bool no_keywords(Context& context) const { return named.empty() || fail_keywords(context); }
  bool check_count(Context& context, std::size_t min, std::size_t max) const {
    const std::size_t count = positional.size();
    return (count >= min && count <= max) || fail_count(context, min, max);
  }

 private:
  bool bind_named(Context& context, std::initializer_list<std::string_view> parameters,
                  std::size_t number, Value* out) const;
  bool fail_keywords(Context& context) const;                                 // false
  bool fail_count(Context& context, std::size_t min, std::size_t max) const;  // false
};

// What a step function decides.
struct Step {
  enum class Kind : unsigned char { kFinish, kCall, kCallWith, kFail };
  static constexpr std::size_t kMaxArguments = 3;

  Kind kind = Kind::kFail;
  unsigned char argument_count = 0;
  Value value;  // kFinish: the result of the native; kCall: what to call
  Value arguments[kMaxArguments] = {};

  static Step finish(Value result) {
    return {.kind = result.is_failed() ? Kind::kFail : Kind::kFinish, .value = result};
  }
  // After context.fail().
  static Step fail() { return {}; }
  static Step call(Value function, std::initializer_list<Value> arguments) {
    Step step{.kind = Kind::kCall, .value = function};
    assert(arguments.size() <= kMaxArguments);
    for (Value v : arguments) step.arguments[step.argument_count++] = v;
    return step;
  }
  // function(*positional, **named), of a tuple and a dict whose keys are strings.
  static Step call_with(Value function, Value positional, Value named) {
    Step step = call(function, {positional, named});
    step.kind = Kind::kCallWith;
    return step;
  }
};

// --- Registration. Each table is static; lib/ defines them. ---

// len, sorted, ...: known everywhere, may be shadowed.
std::span<const Builtin> universal_functions();
// json, ...
std::span<const NativeModule* const> universal_modules();
// The methods of values of this type, in any order; empty where there are none.
std::span<const Builtin> methods_of(Type type);

// parallel(): the machine's own, known everywhere too (vm/parallel.cc).
std::span<const Builtin> task_functions();

}  // namespace larkspur::starlark
