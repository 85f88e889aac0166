#include "gateway/path/policy.h"

#include <algorithm>

#include "base/text.h"
#include "execlog/recording.h"

namespace larkspur::gateway {

namespace {

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
           return matches_pattern(text, pattern);
         });
}

bool has_all(const std::vector<std::string>& scopes, const std::vector<std::string>& needed) {
  return std::ranges::all_of(needed, [&](const std::string& scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
  });
}

}  // namespace

bool RulePolicy::allows(const call::Caller& caller, std::string_view name) const {
  return std::ranges::any_of(rules_, [&](const config::AccessRule& rule) {
    return any_matches(rule.principals, caller.principal) && has_all(caller.scopes, rule.scopes) &&
           any_matches(rule.tools, name);
  });
}

call::ToolList AdmittedTools::list(const call::Caller& caller, call::Audience audience) {
  call::ToolList tools = next_.list(caller, audience);
  std::erase_if(tools, [&](const auto& tool) { return !policy_.allows(caller, *tool); });
  return tools;
}

Async<call::CallReply> AdmittedTools::call(call::CallContext& context, std::string_view tool,
                                           std::string_view arguments) {
  // Not a coroutine of its own on the way that nearly every call takes.
  const bool from_script = context.parent != nullptr;
  const bool known =
      context.tool && (from_script ? context.tool->for_scripts : context.tool->for_clients);
  if (known && policy_.allows(context.caller, *context.tool)) {
    return next_.call(context, tool, arguments);
  }
  const auto refuse = [](call::CallContext& denied, std::string name,
                         bool exists) -> Async<call::CallReply> {
    denied.denied = exists;
    if (exists && denied.record != nullptr) {
      denied.record->fail({.status = execlog::Status::kDenied,
                           .error = "the policy does not let this caller use the tool",
                           .error_type = "denied",
                           .error_code = "denied",
                           .stage = execlog::FailureStage::kPolicyCheck});
    }
    co_return call::unknown_tool(name);
  };
  return refuse(context, std::string(tool),
                context.tool != nullptr || finder_.find(tool) != nullptr);
}

}  // namespace larkspur::gateway
