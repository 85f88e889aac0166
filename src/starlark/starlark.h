// Starlark for untrusted scripts: compiled once, run in a machine that keeps its frames on the
// script's own heap, stops at every limit, and waits for its host without holding a thread or a C++
// stack.
//
//   auto program = Program::compile(source, {.filename = "script.star", .predeclared =
//   {"get_issue"}}); Machine machine(*program, limits, host_functions); for (State state =
//   machine.run(); ; state = machine.run()) {
//     if (state == State::kYielded) continue;              // used up its slice; let others run
//     first if (state != State::kWaiting) break;                 // kDone or kFailed for (HostCall&
//     call : machine.take_calls()) ...      // perform; later machine.resume(call.id, ...)
//   }
//
// The library knows no network, no thread, no clock and no randomness: given the same program, data
// and host results in the same order, a run does exactly the same again.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larkspur::starlark {

// One place in the author's source: 1-based line and column (in code points).
struct Location {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class ErrorKind : unsigned char {
  kSyntax,     // does not parse, or names that do not exist: found before anything ran
  kRuntime,    // a failing operation, fail()
  kTool,       // a host call failed
  kStepLimit,  // the limits: terminal, a script cannot catch them
  kMemoryLimit,
  kDepthLimit,
  kCallLimit,
  kOutputLimit,
  kCancelled,
};
std::string_view to_string(ErrorKind kind);  // "syntax", "runtime", "tool_error", "step_limit", ...

struct StackFrame {
  std::string function;  // "<toplevel>" for the script itself
  Location location;
  std::string file = {};  // the module that load() named; "" for the script itself
};

// An error that a model or a person can act on.
struct Diagnostic {
  ErrorKind kind = ErrorKind::kRuntime;
  std::string message;             // as starlark-go words it where it has such an error
  std::string value_free_message;  // the same with values of the script left out, safe for logs
  std::string hint;                // "did you mean ...?", or the right form; may be ""
  Location location;
  std::string file;               // as StackFrame has it
  std::string source_line;        // the line, for the caret
  std::vector<StackFrame> stack;  // innermost last

  // The message, with what the hint thinks was meant: starlark-go has the two in one.
  std::string text() const;

  // "script.star:3:9: error: message", the source line, a caret, the hint, the call stack.
  std::string render(std::string_view filename) const;
};

// What a host function takes, as far as the host knows. Calls are checked against it when the
// script is compiled, so that a mistake is an error before the first side effect.
struct Signature {
  // What a literal argument may be. None is accepted everywhere.
  enum Type : std::uint8_t {
    kString = 1,
    kInt = 2,
    kFloat = 4,
    kBool = 8,
    kList = 16,
    kDict = 32,
    kAnything = 63,
  };
  struct Parameter {
    std::string name;
    std::uint8_t types = kAnything;
    bool required = false;
  };
  std::string name;       // as the script calls it; "" where only tool_caller reaches it
  std::string tool_name;  // what CompileOptions::tool_caller calls it
  std::vector<Parameter> parameters;
  // Takes parameters that it does not name, too; one whose name is nearly that of a parameter is
  // a mistake all the same.
  bool open = true;
};

// What of the language a script may use.
struct Dialect {
  bool set = true;                   // the function set
  bool while_loops = true;           // while
  bool top_level_control = true;     // if, for and while outside of functions
  bool global_reassign = true;       // a top-level name may be assigned twice
  bool recursion = true;             // a function may call itself, however indirectly
  bool load_binds_globally = false;  // what load() binds counts as a global of the script
  // As strict as starlark-go: none of our extensions (f-strings, 1 < x < 3, annotations, ...), and
  // the elements of a string are its bytes. For suites that test that; tools want text.
  bool strict = false;

  static constexpr Dialect starlark_go() {
    return {.set = false,
            .while_loops = false,
            .top_level_control = false,
            .global_reassign = false,
            .recursion = false,
            .strict = true};
  }
};

// Gives the source of the module that load("name", ...) names, or says why there is none.
using Loader = std::function<std::expected<std::string, std::string>(std::string_view name)>;

struct CompileOptions {
  std::string filename = "script.star";
  std::vector<std::string> predeclared;  // names the host gives: host functions and data
  std::size_t max_source_bytes = 256u << 10;
  // Look at the syntax alone, or at names too but not at modules: the program can then not be run.
  bool parse_only = false;
  bool resolve_only = false;
  std::vector<Signature> signatures;  // of host functions
  // The predeclared function whose first argument names the one to call; "" where there is none.
  std::string tool_caller;
  Dialect dialect = {};
  // Asked when the script is compiled, once for each module, with what load() statements name,
  // those of other modules too. Null: there are only the library's own ("json.star", "math.star",
  // "re.star", "time.star"). A module runs where it is loaded first; its values are frozen then.
  Loader loader = nullptr;
  // Adds what test suites call: assert.eq and its kin, freeze, ... (lib/testing.def).
  bool testing = false;
  std::size_t most_errors = 10;  // that are told at once
};

// Immutable; any number of machines on any threads may share one.
class Program {
 public:
  // All static errors at once, up to CompileOptions::most_errors.
  static std::expected<std::shared_ptr<const Program>, std::vector<Diagnostic>> compile(
      std::string source, CompileOptions options);
  ~Program();

  std::string_view source() const;  // of the script, without the modules that it loads
  const std::string& filename() const;
  // What it takes of memory, about: for whoever keeps programs.
  std::size_t memory_bytes() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  Program();
  std::unique_ptr<Impl> impl_;
};

struct Limits {
  std::uint64_t steps = 50'000'000;
  std::uint64_t slice_steps = 100'000;   // run() yields after about so many
  std::size_t memory_bytes = 64u << 20;  // counted before memory is taken
  std::uint32_t depth = 1000;            // call frames
  std::uint32_t host_calls = 1000;
  std::uint32_t parallel = 16;  // tasks of the whole script that may wait for the host at once
  std::size_t print_bytes = 256u << 10;
  std::size_t output_bytes = 4u << 20;  // the result as JSON
  std::int64_t clock_nanoseconds = 0;   // since 1970: what time.now() says, all the run through
  // CPU time of all slices together: 0, or with a clock that gives the calling thread's CPU time in
  // nanoseconds, for the library has none of its own. Looked at about every 0.2 ms. What it ends
  // depends on the machine: steps are the limit to plan with.
  std::uint64_t cpu_ns = 0;
  std::uint64_t (*cpu_clock)() = nullptr;
  bool collect_always = false;  // for tests: the collector runs at every safe point
};

// A function that the host performs: a tool. In the script it is callable by `name` with keyword
// arguments, and where `accepts_any_name` is set (call_tool) its first positional argument is a
// string.
struct HostFunction {
  std::string name;                     // a Starlark identifier
  std::vector<std::string> parameters;  // for "did you mean"; empty when unknown
  bool takes_tool_name = false;         // call_tool("name", k=v): the first argument names the tool
};

// The host functions of a machine. Machines that share one vector share its memory: a host with
// many scripts makes it once.
class HostFunctions {
 public:
  HostFunctions() = default;
  HostFunctions(std::shared_ptr<const std::vector<HostFunction>> shared)
      : shared_(std::move(shared)) {}
  HostFunctions(std::vector<HostFunction> functions)
      : shared_(std::make_shared<const std::vector<HostFunction>>(std::move(functions))) {}

  const std::vector<HostFunction>& get() const {
    static const std::vector<HostFunction> none;
    return shared_ == nullptr ? none : *shared_;
  }

 private:
  std::shared_ptr<const std::vector<HostFunction>> shared_;
};

// A call that the script waits for.
struct HostCall {
  std::uint64_t id = 0;
  std::uint32_t function = 0;  // index into the host functions
  std::string tool_name;       // the first argument where takes_tool_name, else ""
  std::string arguments;       // keyword arguments as a JSON object, in the order given
  Location location;           // the line that made the call
  std::uint32_t index = 0;     // 1, 2, 3, ... in the order of the whole script
  std::string place;           // "3", or "3/7": the seventh task of the parallel() that came third
  bool in_parallel = false;
};

// What a host call gave back.
struct HostResult {
  bool ok = true;
  std::string
      value;  // ok: JSON text, decoded onto the script's heap. Else: the message for the script
};

enum class State : unsigned char { kDone, kFailed, kWaiting, kYielded };

struct Stats {
  std::uint64_t steps = 0;
  std::size_t peak_memory_bytes = 0;
  std::uint32_t host_calls = 0;
  std::uint32_t parallel_calls = 0;  // uses of parallel()
  std::uint32_t parallel_tasks = 0;  // tasks that they started
};

// One run of one program. One thread at a time. The destructor frees the heap whole.
class Machine {
 public:
  Machine(std::shared_ptr<const Program> program, Limits limits, HostFunctions functions);
  Machine(Machine&&) noexcept;
  ~Machine();

  // Binds a predeclared name to a JSON value before the first run(). False when the JSON is
  // malformed or does not fit the memory limit.
  bool set_global(std::string_view name, std::string_view json);

  // Runs until done, failed, every task waits, or the slice is used up.
  State run();
  // The calls that became pending since the last take. Non-empty after the first kWaiting.
  std::vector<HostCall> take_calls();
  // Hands back a result; run() goes on from there. False for an id that is not pending.
  bool resume(std::uint64_t id, HostResult result);
  // Ends the run: the next run() gives kFailed with this kind and message. Any thread may not; the
  // owner only.
  void cancel(ErrorKind kind, std::string message);
  // Asks the script to end as soon as it can, inside a long builtin too: run() then gives kFailed
  // with ErrorKind::kCancelled. Any thread may, while the machine lives.
  void request_cancel();

  // After kDone: the value of the top-level `return`, as JSON ("null" when there was none).
  const std::string& result_json() const;
  // After kFailed.
  const Diagnostic& error() const;
  // The lines that print() wrote so far, in the order of the script (tasks' lines in the tasks'
  // order).
  std::string printed() const;
  // Assertions that failed, where CompileOptions::testing gave the script some.
  const std::vector<Diagnostic>& failures() const;
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larkspur::starlark
