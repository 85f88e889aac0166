#include "ops/kubernetes/flags.h"

#include <algorithm>

namespace larkspur::ops {

namespace {

constexpr FlagInfo kFlags[] = {
#define KUBECTL_FLAG(name, letter, takes, rule) {name, letter, FlagTakes::takes, FlagRule::rule},
#define KUBECTL_FLAG_OF(verb, name, letter, takes, rule)
#include "ops/kubernetes/flags.def"
#undef KUBECTL_FLAG_OF
#undef KUBECTL_FLAG
};

struct FlagOfVerb {
  std::string_view verb;
  FlagInfo info;
};

constexpr FlagOfVerb kFlagsOfVerbs[] = {
#define KUBECTL_FLAG(name, letter, takes, rule)
#define KUBECTL_FLAG_OF(verb, name, letter, takes, rule) \
  {verb, {name, letter, FlagTakes::takes, FlagRule::rule}},
#include "ops/kubernetes/flags.def"
#undef KUBECTL_FLAG_OF
#undef KUBECTL_FLAG
};

template <class Key>
const FlagInfo* find(Key FlagInfo::* member, Key key, std::string_view verb) {
  for (const FlagOfVerb& each : kFlagsOfVerbs) {
    if (each.verb == verb && each.info.*member == key) return &each.info;
  }
  const auto* found = std::ranges::find(kFlags, key, member);
  return found == std::end(kFlags) ? nullptr : found;
}

}  // namespace

const FlagInfo* long_flag(std::string_view name, std::string_view verb) {
  return find(&FlagInfo::name, name, verb);
}

const FlagInfo* short_flag(char letter, std::string_view verb) {
  return letter == ' ' ? nullptr : find(&FlagInfo::letter, letter, verb);
}

std::vector<std::string_view> flag_names() {
  std::vector<std::string_view> names;
  for (const FlagInfo& each : kFlags) names.push_back(each.name);
  return names;
}

}  // namespace larkspur::ops
