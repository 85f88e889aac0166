#include "starlark/compile/compiler.h"

#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {

void compile(Function* script, Names& names, Module& module, Errors& errors,
             const CodeOptions& options) {
  ModuleCompiler shared{.names = names,
                        .module = module,
                        .errors = errors,
                        .options = options,
                        .constants = Constants(module.constants, names),
                        .functions = {script}};
  // Compiling a function adds the functions inside of it.
  for (std::size_t i = 0; i < shared.functions.size() && !errors.full(); ++i) {
    module.protos.push_back(FunctionCompiler(shared, shared.functions[i]).compile());
  }
  const std::uint32_t end = script->offset;
  if (module.protos.size() > kMostOperands)
    errors.add(end, "too many functions: the limit is 65535");
  if (module.call_sites.size() > kMostOperands) {
    errors.add(end, "too many calls with named arguments: the limit is 65535",
               "call them in a loop");
  }
}

FunctionCompiler::FunctionCompiler(ModuleCompiler& shared, Function* function)
    : shared_(shared),
      function_(function),
      scope_(function->scope),
      emitter_(scope_->local_count, shared.errors),
      flow_(scope_->local_count) {}

Proto FunctionCompiler::compile() {
  Proto proto;
  describe(proto);
  emitter_.at(function_->offset);
  if (!shared_.options.recursion && scope_->parent != nullptr) emitter_.emit(Op::kCheckRecursion);
  make_cells();
  if (function_->expression != nullptr) {
    return_statement(function_->expression);
  } else {
    block(function_->body);
    if (!flow_.ended()) emitter_.emit(Op::kReturnNone);
  }
  emitter_.finish(proto);
  return proto;
}

void FunctionCompiler::describe(Proto& proto) {
  using Kind = ParameterNode::Kind;
  proto.name = function_->name;
  bool named_only = false;
  for (const ParameterNode& parameter : function_->parameters) {
    switch (parameter.kind) {
      case Kind::kNormal:
        proto.parameters.push_back(
            {shared_.constants.name(parameter.name), parameter.default_value != nullptr});
        proto.positional += named_only ? 0 : 1;
        proto.defaults += parameter.default_value != nullptr ? 1 : 0;
        break;
      case Kind::kSlash:
        proto.positional_only = proto.positional;
        break;
      case Kind::kBareStar:
        named_only = true;
        break;
      case Kind::kStar:
        proto.has_args = true;
        named_only = true;
        break;
      case Kind::kStarStar:
        proto.has_kwargs = true;
        break;
    }
  }
  if (proto.positional == proto.parameters.size() && !proto.has_args && !proto.has_kwargs)
    proto.exact_arguments = proto.positional;
  for (const Binding* local = scope_->locals; local != nullptr; local = local->next_in_function) {
    if (local->kind == Binding::Kind::kLocal)
      proto.variables.push_back(shared_.names.text(local->name));
  }
  for (const Binding* capture = scope_->captures; capture != nullptr;
       capture = capture->next_in_function) {
    const Binding* from = capture->captured_from;
    proto.captures.push_back({.name = shared_.names.text(capture->name),
                              .from_parent_capture = from->kind == Binding::Kind::kFree,
                              .index = from->index,
                              .is_cell = in_cell(from)});
  }
}

void FunctionCompiler::make_cells() {
  for (const Binding* local = scope_->locals; local != nullptr; local = local->next_in_function) {
    if (local->kind != Binding::Kind::kLocal) continue;
    if (local->parameter) flow_.bind(local->index);
    if (local->cell && local->comprehension == nullptr) {
      emitter_.emit(Op::kMakeCell, local->index, 0, 0, local->parameter ? 0 : 1);
    }
  }
}

}  // namespace larkspur::starlark
