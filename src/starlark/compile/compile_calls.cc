#include <limits>

#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {

// The callee, or the receiver of a method call, is in `base`, the topmost temporary.
void FunctionCompiler::call(Register result, Register base, CallExpr* expr) {
  const auto* method =
      expr->callee->kind == ExprKind::kDot ? static_cast<const DotExpr*>(expr->callee) : nullptr;
  for (const Argument& argument : expr->arguments) {
    if (argument.kind != Argument::Kind::kPositional)
      return call_with_site(result, base, expr, method);
  }
  const std::size_t count = expr->arguments.size();
  if (method != nullptr && count > std::numeric_limits<std::uint8_t>::max()) {
    return call_with_site(result, base, expr, method);
  }
  for (const Argument& argument : expr->arguments) to_temporary(argument.value);
  emitter_.at(expr->offset);
  if (method == nullptr) return emitter_.emit(Op::kCall, base, count, result);
  emitter_.emit(Op::kCallMethod, base, method_number(method->name), result, count);
}

void FunctionCompiler::call_with_site(Register result, Register base, CallExpr* expr,
                                      const DotExpr* method) {
  using Kind = Argument::Kind;
  CallSite site;
  for (const Argument& argument : expr->arguments) {
    site.positional += argument.kind == Kind::kPositional ? 1 : 0;
    site.has_args |= argument.kind == Kind::kStar;
    site.has_kwargs |= argument.kind == Kind::kStarStar;
    if (argument.kind == Kind::kNamed) site.names.push_back(shared_.constants.name(argument.name));
  }
  if (method != nullptr) site.method = method_number(method->name);

  // Evaluated in the order of the source, and put where the machine looks for them.
  const Register first = emitter_.allocate(expr->arguments.size());
  std::size_t positional = first;
  std::size_t named = positional + site.positional;
  const std::size_t args = named + site.names.size();
  for (const Argument& argument : expr->arguments) {
    const auto place = [&] {
      switch (argument.kind) {
        case Kind::kPositional:
          return positional++;
        case Kind::kNamed:
          return named++;
        case Kind::kStar:
          return args;
        case Kind::kStarStar:
          break;
      }
      return args + (site.has_args ? 1 : 0);
    }();
    to(static_cast<Register>(place), argument.value);
  }

  const std::size_t index = shared_.module.call_sites.size();
  shared_.module.call_sites.push_back(std::move(site));
  emitter_.at(expr->offset);
  emitter_.emit(method == nullptr ? Op::kCallSite : Op::kCallMethodSite, base, index, result);
}

std::uint32_t FunctionCompiler::method_number(NameId name) {
  const std::size_t constant = attribute_name(name);
  std::vector<std::uint32_t>& numbers = shared_.method_numbers;
  if (constant >= numbers.size()) numbers.resize(constant + 1);
  if (numbers[constant] == 0) {
    shared_.module.methods.push_back(static_cast<std::uint32_t>(constant));
    numbers[constant] = static_cast<std::uint32_t>(shared_.module.methods.size());
  }
  return numbers[constant] - 1;
}

}  // namespace larkspur::starlark
