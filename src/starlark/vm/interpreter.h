// The register machine: runs one task until it is done, fails, waits, or has used up its slice.
#pragma once

#include <cstdint>
#include <span>

#include "starlark/compile/bytecode.h"
#include "starlark/vm/builtin.h"
#include "starlark/vm/pool.h"
#include "starlark/vm/task.h"

namespace larkspur::starlark {

class Tasks;

// The values that a program's instructions name by number: the program's own, shared by all its
// machines; arrays on the script's heap; and the shared array of universal values.
struct Environment {
  const Module* module;
  const Value* constants;
  const std::uint32_t* hashes;        // of the constants that are strings
  const MethodRow* const* methods;    // by number of Module::methods
  const std::vector<Entry>* records;  // by number of Module::records
  Value* globals;
  Value* predeclared;
  const Value* universals;
};

// The arguments of a call, by number of their registers: `positional` values from `first` on, then
// `named` values; their names, as strings, lie from `names` on.
struct CallArguments {
  std::uint32_t first = 0;
  std::uint32_t positional = 0;
  std::uint32_t named = 0;
  std::uint32_t names = 0;
};

class Interpreter {
 public:
  enum class Outcome : std::uint8_t {
    kContinue,  // another frame is on top now
    kFinished,  // the task's last frame gave task.result
    kFailed,    // the context holds the error
    kBlocked,   // waits for a host call or for children
    kYielded,   // the slice is used up
  };

  Interpreter(Context& context, Tasks& tasks) : context_(context), tasks_(tasks) {}

  void set_environment(const Environment& environment) { env_ = environment; }
  const Environment& environment() const { return env_; }

  // Never kContinue.
  Outcome run(Task& task);

  // Calls any callable. The value; failed(); or pending(), when a frame was pushed or the task
  // waits.
  Value call(Task& task, Value callee, CallArguments arguments);
  // A native frame on top; it begins when the task runs on.
  bool begin_frame_of_native(Task& task, StepFunction step, std::span<const Value> state);
  // The script itself, on an empty stack.
  bool begin_script(Task& task);

 private:
  Outcome execute(Task& task);
  Outcome step(Task& task);

  // --- call.cc ---
  Value call_builtin(Task& task, const Builtin& builtin, Value self, CallArguments arguments);
  bool call_function(Task& task, Function& function, CallArguments arguments);
  bool push_code(Task& task, const Proto& proto, Function* function, std::uint32_t base,
                 std::uint32_t arguments);
  bool bind_arguments(Task& task, Function& function, CallArguments arguments, std::uint32_t base);
  bool bind_named(const Function& function, CallArguments arguments, Value* registers, Value* out,
                  Dict* extra);
  bool fill_defaults(const Function& function, Value* out, std::uint32_t given);
  // Lays *args and **kwargs out behind the other arguments, and the names behind all.
  bool spread(Task& task, const CallSite& site, std::uint32_t first, CallArguments& out);
  bool spread_named(Task& task, Value mapping, CallArguments& arguments);
  bool check_names_differ(Task& task, std::string_view function, CallArguments arguments,
                          const CallSite& site);
  bool call_plainly(Task& task, Function& function, const CallSite& site, std::uint32_t first);
  Value call_site(Task& task, Value callee, const CallSite& site, std::uint32_t first);
  // `method` is a number of Module::methods.
  Value call_method(Task& task, Value receiver, std::uint32_t method, CallArguments arguments);

  // --- slow_paths.cc: what the loop leaves to others ---
  Value make_function(Task& task, const Frame& frame, const Proto& proto, std::uint32_t defaults);
  bool unpack(Value sequence, std::uint32_t count, Value* out);
  Value fail_unbound(std::string_view scope, std::string_view name);
  bool freeze_globals(std::uint32_t first, std::uint32_t end);
  bool check_recursion(Task& task);
  bool fail_duplicate(Value key);  // false
  bool insert_unique(Value dict, Value key, Value value);
  Value format(Value value, char conversion, Value spec);
  Value concat(std::span<const Value> parts);

  Context& context_;
  Tasks& tasks_;
  Environment env_ = {};
};

}  // namespace larkspur::starlark
