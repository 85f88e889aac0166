#include "starlark/compile/arity.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "starlark/compile/scope.h"
#include "starlark/compile/universal.h"

namespace larkspur::starlark {
namespace {

// What a function takes.
struct Shape {
  struct Parameter {
    std::string_view name;
    bool required = true;
    bool positional = true;
    bool named = true;
  };
  std::string_view function;
  bool native = false;
  std::vector<Parameter> parameters;
  bool any_positional = false;  // *args
  bool any_named = false;       // **kwargs

  std::size_t positional() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(parameters, [](const Parameter& p) { return p.positional; }));
  }
};

Shape shape_of(const Function& function, const Names& names) {
  using Kind = ParameterNode::Kind;
  Shape shape{.function = function.name};
  bool named_only = false;
  for (const ParameterNode& parameter : function.parameters) {
    if (parameter.kind == Kind::kSlash) {
      for (Shape::Parameter& before : shape.parameters) before.named = false;
    } else if (parameter.kind == Kind::kNormal) {
      shape.parameters.push_back({.name = names.text(parameter.name),
                                  .required = parameter.default_value == nullptr,
                                  .positional = !named_only});
    }
    shape.any_positional |= parameter.kind == Kind::kStar;
    shape.any_named |= parameter.kind == Kind::kStarStar;
    named_only |= parameter.kind == Kind::kStar || parameter.kind == Kind::kBareStar;
  }
  return shape;
}

// From the words of functions.def: "x, start=0", "*args, key=None".
Shape shape_of_native(std::string_view name, std::string_view parameters) {
  Shape shape{.function = name, .native = true};
  while (!parameters.empty()) {
    const std::size_t comma = parameters.find(", ");
    const std::string_view parameter = parameters.substr(0, comma);
    parameters = comma == std::string_view::npos ? "" : parameters.substr(comma + 2);
    if (parameter.starts_with("**")) {
      shape.any_named = true;
    } else if (parameter.starts_with('*')) {
      shape.any_positional = true;
    } else {
      const std::size_t equals = parameter.find('=');
      shape.parameters.push_back({.name = parameter.substr(0, equals),
                                  .required = equals == std::string_view::npos,
                                  .positional = !shape.any_positional});
    }
  }
  return shape;
}

std::string plural(std::size_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

class ArityChecker {
 public:
  ArityChecker(const Names& names, Errors& errors) : names_(names), errors_(errors) {}

  void check(const CallExpr& call, const Shape& shape) {
    std::size_t positional = 0;
    bool spread = false;
    bool spread_named = false;
    for (const Argument& argument : call.arguments) {
      positional += argument.kind == Argument::Kind::kPositional;
      spread |= argument.kind == Argument::Kind::kStar;
      spread_named |= argument.kind == Argument::Kind::kStarStar;
    }
    if (positional > shape.positional() && !shape.any_positional)
      return too_many(call, shape, positional);
    for (const Argument& argument : call.arguments) {
      if (argument.kind == Argument::Kind::kNamed && !check_name(argument, shape, positional))
        return;
    }
    if (!spread && !spread_named) check_missing(call, shape, positional);
  }

 private:
  void too_many(const CallExpr& call, const Shape& shape, std::size_t given) {
    const std::size_t most = shape.positional();
    const std::string function(shape.function);
    if (shape.native) {
      return errors_.add(call.offset, function + ": got " + plural(given, "argument") +
                                          (most == 0 ? ", want " : ", want at most ") +
                                          std::to_string(most));
    }
    if (shape.parameters.empty() && !shape.any_named) {
      return errors_.add(call.offset, "function " + function + " accepts no arguments (" +
                                          std::to_string(call.arguments.size()) + " given)");
    }
    const bool optional = std::ranges::any_of(
        shape.parameters, [](const Shape::Parameter& p) { return !p.required; });
    errors_.add(call.offset, "function " + function + " accepts " + (optional ? "at most " : "") +
                                 plural(most, "positional argument") + " (" +
                                 std::to_string(given) + " given)");
  }

  bool check_name(const Argument& argument, const Shape& shape, std::size_t positional) {
    const std::string_view name = names_.text(argument.name);
    const auto found = std::ranges::find_if(
        shape.parameters, [&](const Shape::Parameter& p) { return p.named && p.name == name; });
    const std::string function = shape.native ? std::string(shape.function) + ":"
                                              : "function " + std::string(shape.function);
    if (found != shape.parameters.end()) {
      const auto index = static_cast<std::size_t>(found - shape.parameters.begin());
      if (!found->positional || index >= positional || shape.native) return true;
      errors_.add(argument.offset,
                  function + " got multiple values for parameter \"" + std::string(name) + "\"");
      return false;
    }
    // print() and fail() have a lesson of their own for Python's end= and file=.
    if (shape.any_named || (shape.native && shape.any_positional)) return true;
    std::vector<std::string_view> known;
    for (const Shape::Parameter& p : shape.parameters) {
      if (p.named) known.push_back(p.name);
    }
    const auto near = name.size() > 1 ? nearest(name, known) : std::nullopt;
    errors_.add(argument.offset,
                function + (shape.native ? " unexpected" : " got an unexpected") +
                    " keyword argument \"" + std::string(name) + "\"",
                near ? "did you mean " + std::string(*near) + "?" : "");
    return false;
  }

  void check_missing(const CallExpr& call, const Shape& shape, std::size_t positional) {
    std::string missing;
    std::size_t count = 0;
    for (std::size_t i = 0; i < shape.parameters.size(); ++i) {
      const Shape::Parameter& p = shape.parameters[i];
      if (!p.required || (p.positional && i < positional) || is_named(call, p.name)) continue;
      if (count++ > 0) missing += ", ";
      missing += p.name;
    }
    if (count == 0) return;
    if (shape.native) {
      const std::string first = missing.substr(0, missing.find(','));
      return errors_.add(call.offset,
                         std::string(shape.function) + ": missing argument for " + first);
    }
    errors_.add(call.offset, "function " + std::string(shape.function) + " missing " +
                                 plural(count, "argument") + " (" + missing + ")");
  }

  bool is_named(const CallExpr& call, std::string_view name) const {
    return std::ranges::any_of(call.arguments, [&](const Argument& argument) {
      return argument.kind == Argument::Kind::kNamed && names_.text(argument.name) == name;
    });
  }

  const Names& names_;
  Errors& errors_;
};

}  // namespace

void check_arity(std::span<CallExpr* const> calls, const Names& names, Errors& errors) {
  ArityChecker checker(names, errors);
  for (const CallExpr* call : calls) {
    if (errors.full()) return;
    const Binding* binding = static_cast<const NameExpr*>(call->callee)->binding;
    while (binding->kind == Binding::Kind::kFree) binding = binding->captured_from;
    if (binding->kind == Binding::Kind::kUniversal) {
      const std::string_view name = universal_names()[binding->index];
      if (const auto parameters = universal_parameters(name))
        checker.check(*call, shape_of_native(name, *parameters));
    } else if (binding->function != nullptr && binding->assignments == 1) {
      checker.check(*call, shape_of(*binding->function, names));
    }
  }
}

}  // namespace larkspur::starlark
