#include "ops/kubernetes/flags.h"

#include <algorithm>

namespace larkspur::ops {

namespace {

constexpr FlagInfo kFlags[] = {
#define KUBECTL_FLAG(name, letter, takes, rule) {name, letter, FlagTakes::takes, FlagRule::rule},
#include "ops/kubernetes/flags.def"
#undef KUBECTL_FLAG
};

}  // namespace

const FlagInfo* long_flag(std::string_view name) {
  const auto* found = std::ranges::find(kFlags, name, &FlagInfo::name);
  return found == std::end(kFlags) ? nullptr : found;
}

const FlagInfo* short_flag(char letter, std::string_view verb) {
  if (letter == 'f' && verb == "logs") return long_flag("follow");
  if (letter == 'p' && verb == "logs") return long_flag("previous");
  if (letter == 'p' && verb == "patch") return long_flag("patch");
  if (letter == 'l' && verb == "run") return long_flag("labels");
  if (letter == ' ') return nullptr;
  const auto* found = std::ranges::find(kFlags, letter, &FlagInfo::letter);
  return found == std::end(kFlags) ? nullptr : found;
}

std::vector<std::string_view> flag_names() {
  std::vector<std::string_view> names;
  for (const FlagInfo& each : kFlags) names.push_back(each.name);
  return names;
}

}  // namespace larkspur::ops
