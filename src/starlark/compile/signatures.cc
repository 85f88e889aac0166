#include "starlark/compile/signatures.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "starlark/compile/scope.h"

namespace larkspur::starlark {
namespace {

using Type = Signature::Type;

// The type of a literal; empty where the value is not known, and for None, which many tools take
// for an argument that is left out.
std::optional<Type> literal_type(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kInt:
    case ExprKind::kBigInt:
      return Type::kInt;
    case ExprKind::kFloat:
      return Type::kFloat;
    case ExprKind::kString:
    case ExprKind::kFString:
      return Type::kString;
    case ExprKind::kList:
    case ExprKind::kTuple:
      return Type::kList;
    case ExprKind::kDict:
      return Type::kDict;
    case ExprKind::kComprehension:
      return static_cast<const ComprehensionExpr&>(expr).is_dict ? Type::kDict : Type::kList;
    case ExprKind::kName: {
      const Binding::Kind kind = static_cast<const NameExpr&>(expr).binding->kind;
      if (kind == Binding::Kind::kTrue || kind == Binding::Kind::kFalse) return Type::kBool;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

struct TypeName {
  Type type;
  std::string_view name;
};
constexpr TypeName kTypeNames[] = {{Type::kString, "string"}, {Type::kInt, "int"},
                                   {Type::kFloat, "float"},   {Type::kBool, "bool"},
                                   {Type::kList, "list"},     {Type::kDict, "dict"}};

// "int or list"
std::string names_of(unsigned types) {
  constexpr unsigned kNumber = Type::kInt | Type::kFloat;
  std::string text;
  if ((types & kNumber) == kNumber) {
    text = "number";
    types &= ~kNumber;
  }
  for (const TypeName& each : kTypeNames) {
    if ((types & each.type) == 0) continue;
    if (!text.empty()) text += " or ";
    text += each.name;
  }
  return text;
}

class CallChecker {
 public:
  CallChecker(const CompileOptions& options, const Names& names, Errors& errors)
      : options_(options), names_(names), errors_(errors) {}

  void check(const CallExpr& call);

 private:
  const Signature* find(const CallExpr& call, std::string_view function);
  void check_shape(const CallExpr& call, std::string_view function, bool takes_tool_name);
  void check_named(const CallExpr& call, const Signature& signature);
  void check_name(const Argument& argument, const CallExpr& call, const Signature& signature);
  void check_missing(const CallExpr& call, const Signature& signature);
  bool gives(const CallExpr& call, std::string_view name) const;

  const CompileOptions& options_;
  const Names& names_;
  Errors& errors_;
  std::string function_;  // as messages call it
};

bool CallChecker::gives(const CallExpr& call, std::string_view name) const {
  return std::ranges::any_of(call.arguments, [&](const Argument& argument) {
    return argument.kind == Argument::Kind::kNamed && names_.text(argument.name) == name;
  });
}

// The signature that the call must keep to; nullptr where it is not known.
const Signature* CallChecker::find(const CallExpr& call, std::string_view function) {
  const auto& signatures = options_.signatures;
  if (function != options_.tool_caller) {
    const auto found = std::ranges::find(signatures, function, &Signature::name);
    function_ = function;
    return found == signatures.end() ? nullptr : &*found;
  }
  if (call.arguments.empty() || call.arguments[0].kind != Argument::Kind::kPositional ||
      call.arguments[0].value->kind != ExprKind::kString) {
    return nullptr;
  }
  const auto tool = static_cast<const TextExpr*>(call.arguments[0].value)->text;
  const auto found = std::ranges::find(signatures, tool, &Signature::tool_name);
  function_ = tool;
  if (found != signatures.end()) return &*found;
  std::vector<std::string_view> known;
  for (const Signature& each : signatures) known.push_back(each.tool_name);
  const auto near = nearest(tool, known);
  errors_.add(call.arguments[0].offset,
              "Unknown tool: '" + printable(truncate_utf8(tool, 100)) + "'",
              near ? "did you mean " + std::string(*near) + "?" : "");
  return nullptr;
}

void CallChecker::check(const CallExpr& call) {
  if (errors_.full() || call.callee->kind != ExprKind::kName) return;
  const auto& callee = static_cast<const NameExpr&>(*call.callee);
  if (callee.binding->kind != Binding::Kind::kPredeclared) return;
  const std::string_view function = names_.text(callee.name);
  const Signature* signature = find(call, function);
  if (signature == nullptr) return;
  check_shape(call, function, function == options_.tool_caller);
  check_named(call, *signature);
}

void CallChecker::check_shape(const CallExpr& call, std::string_view function,
                              bool takes_tool_name) {
  bool first = true;
  for (const Argument& argument : call.arguments) {
    if (argument.kind != Argument::Kind::kPositional) continue;
    if (!(first && takes_tool_name)) {
      errors_.add(argument.offset, std::string(function) + ": tools take keyword arguments only",
                  "name the argument: " + std::string(function) + "(..., name=value)");
      return;
    }
    first = false;
  }
}

void CallChecker::check_named(const CallExpr& call, const Signature& signature) {
  bool all_seen = true;
  for (const Argument& argument : call.arguments) {
    if (argument.kind == Argument::Kind::kNamed) {
      check_name(argument, call, signature);
    } else if (argument.kind != Argument::Kind::kPositional) {
      all_seen = false;
    }
  }
  if (all_seen) check_missing(call, signature);
}

void CallChecker::check_name(const Argument& argument, const CallExpr& call,
                             const Signature& signature) {
  const std::string_view name = names_.text(argument.name);
  const auto found = std::ranges::find(signature.parameters, name, &Signature::Parameter::name);
  if (found == signature.parameters.end()) {
    std::vector<std::string_view> known;
    for (const auto& each : signature.parameters) {
      if (!gives(call, each.name)) known.push_back(each.name);
    }
    const auto near = nearest(name, known);
    if (signature.open && !near) return;
    errors_.add(argument.offset,
                function_ + " got an unexpected keyword argument \"" + std::string(name) + "\"",
                near ? "did you mean " + std::string(*near) + "?" : "");
    return;
  }
  const auto type = literal_type(*argument.value);
  if (!type || (found->types & *type) != 0) return;
  std::string_view got;
  for (const TypeName& each : kTypeNames) {
    if (each.type == *type) got = each.name;
  }
  errors_.add(argument.value->offset, function_ + ": for parameter " + found->name + ": got " +
                                          std::string(got) + ", want " + names_of(found->types));
}

void CallChecker::check_missing(const CallExpr& call, const Signature& signature) {
  std::string missing;
  std::size_t count = 0;
  for (const auto& each : signature.parameters) {
    if (!each.required || gives(call, each.name)) continue;
    if (count++ > 0) missing += ", ";
    missing += each.name;
  }
  if (count == 0) return;
  errors_.add(call.offset, function_ + " missing " + std::to_string(count) + " argument" +
                               (count == 1 ? "" : "s") + " (" + missing + ")");
}

}  // namespace

void check_calls(std::span<CallExpr* const> calls, const CompileOptions& options,
                 const Names& names, Errors& errors) {
  CallChecker checker(options, names, errors);
  for (const CallExpr* call : calls) checker.check(*call);
}

}  // namespace larkspur::starlark
