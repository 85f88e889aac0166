// The tables that bind names to natives, made from functions.def and methods.def.
#include "starlark/lib/universal.h"

#include <algorithm>
#include <array>

#include "starlark/compile/universal.h"
#include "starlark/lib/natives.h"
#include "starlark/lib/testing.h"

namespace larkspur::starlark {
namespace {

constexpr Builtin kFunctions[] = {
#define FUNCTION(name, parameters, summary) {#name, lib::fn_##name},
#include "starlark/lib/functions.def"
};

constexpr const NativeModule* kModules[] = {&lib::kJsonModule, &lib::kMathModule, &lib::kReModule,
                                            &lib::kTimeModule};

// One list of all methods with their types, and from it a table for each type.
enum class Receiver { string, bytes, list, dict, set };
struct Method {
  Receiver receiver;
  Builtin builtin;
};
constexpr Method kMethods[] = {
#define METHOD(type, name, parameters, summary) {Receiver::type, {#name, lib::type##_##name}},
#include "starlark/lib/methods.def"
};

constexpr std::size_t count_methods(Receiver receiver) {
  std::size_t count = 0;
  for (const Method& method : kMethods) count += method.receiver == receiver;
  return count;
}

template <Receiver kReceiver, std::size_t... kIndex>
constexpr auto select_methods(std::index_sequence<kIndex...>) {
  constexpr auto kNth = [](std::size_t n) {
    std::size_t i = 0;
    while (kMethods[i].receiver != kReceiver || n-- > 0) ++i;
    return kMethods[i].builtin;
  };
  return std::array{kNth(kIndex)...};
}
template <Receiver kReceiver>
constexpr auto kMethodsOf =
    select_methods<kReceiver>(std::make_index_sequence<count_methods(kReceiver)>());

struct Universe {
  std::vector<std::string_view> names;
  std::vector<Value> values;
  std::size_t for_all = 0;  // those before the ones for tests
};

const Universe& universe() {
  static const Universe universe = [] {
    Universe u;
    const auto add = [&u](std::string_view name, const Object& object) {
      u.names.push_back(name);
      u.values.push_back(Value::object(&object));
    };
    for (const Builtin& function : kFunctions) add(function.name, function);
    for (const Builtin& function : task_functions()) add(function.name, function);
    for (const NativeModule* module : kModules) add(module->name, *module);
    u.for_all = u.names.size();
    for (const auto& [name, object] : lib::testing_values()) add(name, *object);
    return u;
  }();
  return universe;
}

}  // namespace

std::span<const Builtin> universal_functions() {
  return kFunctions;
}
std::span<const NativeModule* const> universal_modules() {
  return kModules;
}

std::span<const Builtin> methods_of(Type type) {
  switch (type) {
    case Type::kString:
      return kMethodsOf<Receiver::string>;
    case Type::kBytes:
      return kMethodsOf<Receiver::bytes>;
    case Type::kList:
      return kMethodsOf<Receiver::list>;
    case Type::kDict:
      return kMethodsOf<Receiver::dict>;
    case Type::kSet:
      return kMethodsOf<Receiver::set>;
    default:
      return {};
  }
}

const std::vector<std::string_view>& universal_names() {
  return universe().names;
}
const std::vector<Value>& universal_values() {
  return universe().values;
}

std::size_t universal_count(bool testing) {
  return testing ? universe().names.size() : universe().for_all;
}

std::optional<std::string_view> universal_parameters(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kParameters[] = {
#define FUNCTION(name, parameters, summary) {#name, parameters},
#include "starlark/lib/functions.def"
  };
  const auto* const found =
      std::ranges::find(kParameters, name, &std::pair<std::string_view, std::string_view>::first);
  if (found == std::end(kParameters)) return std::nullopt;
  return found->second;
}

// "json.star" has json, and so on.
std::span<const std::string_view> library_exports(std::string_view module, bool testing) {
  static constexpr std::string_view kAssertions[] = {"assert", "freeze"};
  if (testing && module == "assert.star") return kAssertions;
  if (!module.ends_with(".star")) return {};
  module.remove_suffix(5);
  for (const NativeModule* each : kModules) {
    if (each->name == module) return {&each->name, 1};
  }
  return {};
}

std::size_t library_index(std::string_view name) {
  const auto& names = universe().names;
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

}  // namespace larkspur::starlark
