// The call protocol: how arguments find their parameters. What is said when they do not is
// starlark-go's wording, with a hint where a name is nearly right.

#include <fmt/format.h>

#include <algorithm>

#include "starlark/vm/attributes.h"
#include "starlark/vm/diagnose.h"
#include "starlark/vm/interpreter.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"
#include "starlark/vm/tasks.h"

namespace larkspur::starlark {
namespace {

std::string_view plural(std::size_t n) {
  return n == 1 ? "" : "s";
}

std::string_view parameter_name(const Module& module, const Proto& proto, std::size_t i) {
  return module.constants[proto.parameters[i].name].text;
}

std::string_view name_of_native(Value callee) {
  if (is_object_of(callee, Type::kBuiltin)) return object_cast<Builtin>(callee)->name;
  if (is_object_of(callee, Type::kBoundMethod))
    return object_cast<BoundMethod>(callee)->method->name;
  return "call";
}

}  // namespace

bool Interpreter::push_code(Task& task, const Proto& proto, Function* function, std::uint32_t base,
                            std::uint32_t arguments) {
  if (!reserve_registers(context_, task, base + proto.registers)) return false;
  Frame* frame = push_frame(context_, task);
  if (frame == nullptr) return false;
  *frame = {.proto = &proto,
            .pc = proto.code.data(),
            .function = function,
            .base = base,
            .result = 0,
            .size = proto.registers};
  Value* registers = task.registers + base;
  std::fill(registers + arguments, registers + proto.registers, Value::missing());
  return true;
}

bool Interpreter::begin_script(Task& task) {
  return push_code(task, env_.module->protos[0], nullptr, 0, 0);
}

Value Interpreter::call(Task& task, Value callee, CallArguments arguments) {
  switch (type_of(callee)) {
    case Type::kFunction:
      return call_function(task, *object_cast<Function>(callee), arguments) ? Value::pending()
                                                                            : Value::failed();
    case Type::kBuiltin:
      return call_builtin(task, *object_cast<Builtin>(callee), Value::none(), arguments);
    case Type::kBoundMethod: {
      auto* bound = object_cast<BoundMethod>(callee);
      return call_builtin(task, *bound->method, bound->self, arguments);
    }
    case Type::kForeign: {
      const ForeignType& type = *object_cast<Foreign>(callee)->foreign;
      if (type.call == nullptr) break;
      return call_builtin(task, Builtin(type.name, type.call), callee, arguments);
    }
    case Type::kHostFunction:
      return tasks_.call_host(task, callee.as_host_function(), arguments);
    default:
      break;
  }
  return context_.fail(fmt::format("invalid call of non-function ({})", type_name(callee)));
}

Value Interpreter::call_builtin(Task& task, const Builtin& builtin, Value self,
                                CallArguments arguments) {
  Args args;
  const Value* registers = task.registers;
  args.callee = &builtin;
  args.self = self;
  args.positional = {registers + arguments.first, arguments.positional};
  args.named = {registers + arguments.first + arguments.positional, arguments.named};
  args.names = {registers + arguments.names, arguments.named};
  const Value result = builtin.call(context_, args);
  if (result.is_failed() && context_.strict()) context_.name_failed_function(builtin.name);
  return result;
}

bool Interpreter::call_function(Task& task, Function& function, CallArguments arguments) {
  const Proto& proto = *function.proto;
  auto parameters = static_cast<std::uint32_t>(proto.parameters.size());
  bool exact = arguments.positional == parameters && proto.positional == parameters &&
               arguments.named == 0 && !proto.has_args && !proto.has_kwargs;
  if (exact) return push_code(task, proto, &function, arguments.first, parameters);
  // Above the arguments, so that they can be read while the parameters are written.
  std::uint32_t base = std::max(arguments.first + arguments.positional + arguments.named,
                                arguments.names + arguments.named);
  if (!reserve_registers(context_, task, base + proto.registers)) return false;
  if (!bind_arguments(task, function, arguments, base)) return false;
  std::uint32_t bound = parameters + (proto.has_args ? 1 : 0) + (proto.has_kwargs ? 1 : 0);
  return push_code(task, proto, &function, base, bound);
}

bool Interpreter::bind_arguments(Task& task, Function& function, CallArguments arguments,
                                 std::uint32_t base) {
  const Proto& proto = *function.proto;
  auto parameters = static_cast<std::uint32_t>(proto.parameters.size());
  Value* registers = task.registers;
  Value* out = registers + base;
  const Value* given = registers + arguments.first;
  std::uint32_t taken = std::min<std::uint32_t>(arguments.positional, proto.positional);
  std::copy_n(given, taken, out);
  std::fill(out + taken, out + parameters, Value::missing());
  if (arguments.positional > taken && !proto.has_args) {
    if (parameters == 0 && !proto.has_kwargs) {
      context_.fail(fmt::format("function {} accepts no arguments ({} given)", proto.name,
                                arguments.positional + arguments.named));
    } else {
      context_.fail(fmt::format("function {} accepts {}{} positional argument{} ({} given)",
                                proto.name, proto.defaults > 0 ? "at most " : "", proto.positional,
                                plural(proto.positional), arguments.positional));
    }
    return false;
  }
  std::uint32_t next = parameters;
  if (proto.has_args) {
    if (!context_.charge((arguments.positional - taken) / 4)) return false;
    Value rest = context_.tuple({given + taken, arguments.positional - taken});
    if (rest.is_failed()) return false;
    out[next++] = rest;
  }
  Dict* extra = nullptr;
  if (proto.has_kwargs) {
    extra = context_.dict();
    if (extra == nullptr) return false;
    out[next] = Value::object(extra);
  }
  if (arguments.named > 0 && !bind_named(function, arguments, registers, out, extra)) return false;
  return fill_defaults(function, out, taken);
}

bool Interpreter::bind_named(const Function& function, CallArguments arguments, Value* registers,
                             Value* out, Dict* extra) {
  const Proto& proto = *function.proto;
  const Value* names = registers + arguments.names;
  const Value* values = registers + arguments.first + arguments.positional;
  std::size_t parameters = proto.parameters.size();
  if (!context_.charge(arguments.named * (parameters + 1) / 4)) return false;
  for (std::uint32_t i = 0; i < arguments.named; ++i) {
    std::size_t p = proto.positional_only;
    // A name in the source is one constant: the same word. Names from **kwargs may be other
    // objects.
    while (p < parameters && !names[i].same(env_.constants[proto.parameters[p].name])) ++p;
    if (p == parameters && names[i].is_object()) {
      p = proto.positional_only;
      while (p < parameters && text_of(names[i]) != parameter_name(*env_.module, proto, p)) ++p;
    }
    if (p < parameters) {
      if (!out[p].is_missing()) {
        context_.fail(fmt::format("function {} got multiple values for parameter \"{}\"",
                                  proto.name, text_of(names[i])));
        return false;
      }
      out[p] = values[i];
    } else if (extra != nullptr) {
      std::uint32_t before = extra->length;
      if (!table_set(context_, *extra, names[i], values[i])) return false;
      if (extra->length == before) {
        context_.fail(fmt::format("function {} got multiple values for parameter \"{}\"",
                                  proto.name, text_of(names[i])));
        return false;
      }
    } else {
      std::vector<std::string_view> known;
      for (std::size_t k = proto.positional_only; k < parameters; ++k) {
        known.push_back(parameter_name(*env_.module, proto, k));
      }
      context_.fail(fmt::format("function {} got an unexpected keyword argument \"{}\"", proto.name,
                                text_of(names[i])),
                    did_you_mean(text_of(names[i]), known));
      return false;
    }
  }
  return true;
}

bool Interpreter::fill_defaults(const Function& function, Value* out, std::uint32_t given) {
  const Proto& proto = *function.proto;
  const Value* defaults = trailing<const Value>(&function) + proto.captures.size();
  std::string missing;
  std::size_t missing_count = 0;
  for (std::size_t p = 0; p < proto.parameters.size(); ++p) {
    const Parameter& parameter = proto.parameters[p];
    Value fallback = parameter.has_default ? *defaults++ : Value::missing();
    if (p < given || !out[p].is_missing()) continue;
    if (parameter.has_default) {
      out[p] = fallback;
    } else {
      missing += missing_count++ == 0 ? "" : ", ";
      missing += parameter_name(*env_.module, proto, p);
    }
  }
  if (missing_count == 0) return true;
  context_.fail(fmt::format("function {} missing {} argument{} ({})", proto.name, missing_count,
                            plural(missing_count), missing));
  return false;
}

bool Interpreter::spread(Task& task, const CallSite& site, std::uint32_t first,
                         CallArguments& out) {
  auto named = static_cast<std::uint32_t>(site.names.size());
  std::uint32_t after = first + site.positional + named;
  Value args = site.has_args ? task.at(after) : Value::none();
  Value kwargs = site.has_kwargs ? task.at(after + (site.has_args ? 1u : 0u)) : Value::none();
  out = {.first = first, .positional = site.positional, .named = named, .names = after};
  if (site.has_args) {
    // Everything moves above what is in use, in order: positional, *args, named.
    Iterator items;
    if (!is_iterable(args)) {
      context_.fail(fmt::format("argument after * must be iterable, not {}", type_name(args)));
      return false;
    }
    if (!items.start(context_, args)) return false;
    std::size_t count = items.remaining();
    if (count > context_.heap().limit_bytes() / sizeof(Value)) return context_.out_of_memory();
    if (!context_.charge(count / 4)) return false;
    std::uint32_t base = task.stack_end();
    auto spread_count = static_cast<std::uint32_t>(count);
    if (!reserve_registers(context_, task, base + site.positional + spread_count + named * 2))
      return false;
    Value* to = std::copy_n(task.registers + first, site.positional, task.registers + base);
    Value item;
    while (items.next(context_, item)) *to++ = item;
    if (context_.has_failed()) return false;
    std::copy_n(task.registers + first + site.positional, named, to);
    out.first = base;
    out.positional += spread_count;
    out.names = base + out.positional + named;
  }
  if (!reserve_registers(context_, task, out.names + named)) return false;
  for (std::uint32_t i = 0; i < named; ++i) task.at(out.names + i) = env_.constants[site.names[i]];
  return !site.has_kwargs || spread_named(task, kwargs, out);
}

// The entries of **kwargs join the named arguments: values and names move up to make room.
bool Interpreter::spread_named(Task& task, Value mapping, CallArguments& arguments) {
  if (!is_dict(mapping)) {
    context_.fail(fmt::format("argument after ** must be a mapping, not {}", type_name(mapping)));
    return false;
  }
  const Dict& dict = *as_dict(mapping);
  if (!context_.charge(std::uint64_t{dict.length} * 4)) return false;
  std::uint32_t base = std::max(task.stack_end(), arguments.names + arguments.named);
  std::uint32_t named = arguments.named + dict.length;
  if (!reserve_registers(context_, task, base + arguments.positional + named * 2)) return false;
  Value* from = task.registers + arguments.first;
  Value* values = std::copy_n(from, arguments.positional + arguments.named, task.registers + base);
  std::uint32_t names_at = base + arguments.positional + named;
  Value* names =
      std::copy_n(task.registers + arguments.names, arguments.named, task.registers + names_at);
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(dict, position)) {
    if (!is_string(entry->key)) {
      context_.fail(fmt::format("keywords must be strings, not {}", type_name(entry->key)));
      return false;
    }
    *values++ = entry->value;
    *names++ = entry->key;
  }
  arguments = {
      .first = base, .positional = arguments.positional, .named = named, .names = names_at};
  return true;
}

// The first names stand in the call, the others came from **kwargs, where each is once.
bool Interpreter::check_names_differ(Task& task, std::string_view function, CallArguments arguments,
                                     const CallSite& site) {
  const auto written = static_cast<std::uint32_t>(site.names.size());
  const Value* names = task.registers + arguments.names;
  if (!context_.charge(std::uint64_t{written} * (arguments.named - written) / 4)) return false;
  for (std::uint32_t i = written; i < arguments.named; ++i) {
    for (std::uint32_t k = 0; k < written; ++k) {
      if (text_of(names[i]) != text_of(names[k])) continue;
      context_.fail(fmt::format("{}: duplicate keyword arg: \"{}\"", function, text_of(names[i])));
      return false;
    }
  }
  return true;
}

// The common call with keywords: nothing to spread, nothing left over, every name where it belongs.
// False where it is another one, or wrong; nothing is done then.
bool Interpreter::call_plainly(Task& task, Function& function, const CallSite& site,
                               std::uint32_t first) {
  const Proto& proto = *function.proto;
  auto parameters = static_cast<std::uint32_t>(proto.parameters.size());
  auto named = static_cast<std::uint32_t>(site.names.size());
  std::uint32_t base = first + site.positional + named;
  if (proto.has_args || proto.has_kwargs || site.positional > proto.positional ||
      task.depth >= task.frame_capacity || task.depth >= task.depth_limit ||
      base + proto.registers > task.register_capacity) {
    return false;
  }
  const Value* given = task.registers + first;
  Value* out = task.registers + base;
  std::copy_n(given, site.positional, out);
  std::fill(out + site.positional, out + proto.registers, Value::missing());
  given += site.positional;
  for (std::uint32_t i = 0; i < named; ++i) {
    std::uint32_t p = std::max<std::uint32_t>(proto.positional_only, site.positional);
    while (p < parameters && proto.parameters[p].name != site.names[i]) ++p;
    if (p == parameters || !out[p].is_missing()) return false;
    out[p] = given[i];
  }
  const Value* defaults = function.values() + proto.captures.size();
  for (std::uint32_t p = 0; p < parameters; ++p) {
    const bool has_default = proto.parameters[p].has_default;
    if (out[p].is_missing()) {
      if (!has_default) return false;
      out[p] = *defaults;
    }
    defaults += has_default ? 1 : 0;
  }
  if (!context_.charge(named * (parameters + 1) / 4)) return false;
  *push_frame(context_, task) = {.proto = &proto,
                                 .pc = proto.code.data(),
                                 .function = &function,
                                 .base = base,
                                 .result = 0,
                                 .size = proto.registers};
  return true;
}

Value Interpreter::call_site(Task& task, Value callee, const CallSite& site, std::uint32_t first) {
  if (!site.has_args && !site.has_kwargs && is_object_of(callee, Type::kFunction) &&
      call_plainly(task, *object_cast<Function>(callee), site, first)) {
    return Value::pending();
  }
  if (context_.has_failed()) return Value::failed();
  CallArguments arguments;
  if (!spread(task, site, first, arguments)) return Value::failed();
  // Functions of the script see to it themselves when they bind.
  if (site.has_kwargs && !is_object_of(callee, Type::kFunction) &&
      !check_names_differ(task, name_of_native(callee), arguments, site)) {
    return Value::failed();
  }
  return call(task, callee, arguments);
}

Value Interpreter::call_method(Task& task, Value receiver, std::uint32_t method,
                               CallArguments arguments) {
  if (const MethodRow* row = env_.methods[method]) {
    if (const Builtin* builtin = (*row)[static_cast<std::size_t>(type_of(receiver))])
      return call_builtin(task, *builtin, receiver, arguments);
  }
  const Value& name = env_.constants[env_.module->methods[method]];
  Value callee = get_attribute(context_, receiver, text_of(name));
  return callee.is_failed() ? callee : call(task, callee, arguments);
}

}  // namespace larkspur::starlark
