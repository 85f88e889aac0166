// The machine as its users see it: a program's environment on a heap, and the tasks that run in it.

#include <algorithm>

#include "starlark/compile/program_impl.h"
#include "starlark/lib/json.h"
#include "starlark/lib/universal.h"
#include "starlark/starlark.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {
struct Machine::Impl {
  Impl(std::shared_ptr<const Program> the_program, const Limits& limits,
       HostFunctions the_functions)
      : program(std::move(the_program)),
        functions(std::move(the_functions)),
        context(limits),
        tasks(context, functions.get()) {
    context.set_strict(module().byte_strings);
  }

  const Module& module() const { return program->impl().module; }

  // False when the limits do not even hold the program's variables; the context has the error.
  bool set_up();
  Value* array(std::size_t size);
  void bind_functions(Environment& environment);
  void finish();
  State fail();

  std::shared_ptr<const Program> program;
  HostFunctions functions;
  Context context;
  Tasks tasks;
  State state = State::kYielded;
  bool is_set_up = false;
  std::string result;
  Diagnostic error;
};

Value* Machine::Impl::array(std::size_t size) {
  if (size == 0) return nullptr;
  std::size_t bytes = size * sizeof(Value);
  auto* values = static_cast<Value*>(context.heap().allocate_block(bytes));
  if (values == nullptr) {
    context.out_of_memory();
  } else {
    std::fill_n(values, size, Value::missing());
  }
  return values;
}

bool Machine::Impl::set_up() {
  if (is_set_up) return true;
  is_set_up = true;
  const Module& code = module();
  Environment environment{.module = &code,
                          .constants = program->impl().pool->values(),
                          .hashes = program->impl().pool->hashes(),
                          .methods = program->impl().pool->methods(),
                          .records = program->impl().pool->records(),
                          .globals = array(code.globals.size()),
                          .predeclared = array(code.predeclared.size()),
                          .universals = universal_values().data()};
  tasks.interpreter().set_environment(environment);
  if (context.has_failed()) return false;
  bind_functions(environment);
  return true;
}

// Names and functions mostly come in the same order, so the search goes on where it ended.
void Machine::Impl::bind_functions(Environment& environment) {
  const std::vector<std::string_view>& names = module().predeclared;
  auto next = names.begin();
  for (std::uint32_t i = 0; i < functions.get().size(); ++i) {
    std::string_view name = functions.get()[i].name;
    auto found = std::find(next, names.end(), name);
    if (found == names.end()) found = std::find(names.begin(), next, name);
    if (found == names.end() || *found != name) continue;
    environment.predeclared[found - names.begin()] = Value::host_function(i);
    next = found + 1;
  }
}

void Machine::Impl::finish() {
  std::string json;
  if (encode_json(context, tasks.result(), json, context.limits().output_bytes)) {
    result = std::move(json);
    state = State::kDone;
  } else {
    state = fail();
  }
}

State Machine::Impl::fail() {
  error = context.take_error();
  return State::kFailed;
}

Machine::Machine(std::shared_ptr<const Program> program, Limits limits, HostFunctions functions)
    : impl_(std::make_unique<Impl>(std::move(program), limits, std::move(functions))) {}
Machine::Machine(Machine&&) noexcept = default;
Machine::~Machine() = default;

bool Machine::set_global(std::string_view name, std::string_view json) {
  Impl& m = *impl_;
  if (m.state != State::kYielded || !m.set_up()) return false;
  const std::vector<std::string_view>& names = m.module().predeclared;
  auto found = std::find(names.begin(), names.end(), name);
  Value value;
  if (found == names.end()) {
    // The script does not use it: it is checked, and takes no memory of the script's.
    Context scratch(m.context.limits());
    return decode_json(scratch, json, value);
  }
  if (!decode_json(m.context, json, value)) return false;
  m.tasks.interpreter().environment().predeclared[found - names.begin()] = value;
  return true;
}

State Machine::run() {
  Impl& m = *impl_;
  if (m.state == State::kDone || m.state == State::kFailed) return m.state;
  if (!m.set_up() || m.context.has_failed()) {
    m.tasks.fail_all();
    return m.state = m.fail();
  }
  m.state = m.tasks.run();
  if (m.state == State::kDone) m.finish();
  if (m.context.has_failed()) m.state = m.fail();
  return m.state;
}

std::vector<HostCall> Machine::take_calls() {
  return impl_->tasks.take_calls();
}

bool Machine::resume(std::uint64_t id, HostResult result) {
  Impl& m = *impl_;
  if (m.state == State::kDone || m.state == State::kFailed) return false;
  return m.tasks.resume(id, result);
}

void Machine::cancel(ErrorKind kind, std::string message) {
  Impl& m = *impl_;
  if (m.state == State::kDone || m.state == State::kFailed) return;
  m.context.replace_error(kind, std::move(message));
}

void Machine::request_cancel() {
  impl_->context.request_cancel();
}

const std::string& Machine::result_json() const {
  return impl_->result;
}
const Diagnostic& Machine::error() const {
  return impl_->error;
}
std::string Machine::printed() const {
  return impl_->tasks.printed();
}

const std::vector<Diagnostic>& Machine::failures() const {
  return impl_->tasks.failures();
}

Stats Machine::stats() const {
  const Impl& m = *impl_;
  return {.steps = m.context.steps_used(),
          .peak_memory_bytes = m.context.peak_memory_bytes(),
          .host_calls = m.tasks.host_calls(),
          .parallel_calls = m.tasks.parallel_calls(),
          .parallel_tasks = m.tasks.parallel_tasks()};
}

}  // namespace larkspur::starlark
