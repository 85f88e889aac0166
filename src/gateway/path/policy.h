// admit: may this caller call this tool? To the caller, a tool that is denied looks like a tool
// that does not exist.
#pragma once

#include <utility>
#include <vector>

#include "call/content_source.h"
#include "call/tool_source.h"
#include "config/config.h"
#include "gateway/catalog/tool_finder.h"

namespace larkspur::gateway {

// Immutable; any thread.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual bool allows(const call::Caller& caller, const call::Tool& tool) const = 0;
  virtual bool allows(const call::Caller& caller, const call::Content& content) const = 0;
};

class AllowAll : public Policy {
 public:
  bool allows(const call::Caller&, const call::Tool&) const override { return true; }
  bool allows(const call::Caller&, const call::Content&) const override { return true; }
};

// What one of the rules allows, and nothing else. A rule's patterns of tools are patterns of
// prompts' names, of URIs and of URI templates, too.
class RulePolicy : public Policy {
 public:
  explicit RulePolicy(std::vector<config::AccessRule> rules) : rules_(std::move(rules)) {}
  bool allows(const call::Caller& caller, const call::Tool& tool) const override {
    return allows(caller, tool.name);
  }
  bool allows(const call::Caller& caller, const call::Content& content) const override {
    return allows(caller, content.key);
  }

 private:
  bool allows(const call::Caller& caller, std::string_view name) const;

  std::vector<config::AccessRule> rules_;
};

class AdmittedTools : public call::ToolSource {
 public:
  // All outlive this. `finder` tells a tool that is hidden from one that does not exist.
  AdmittedTools(call::ToolSource& next, const Policy& policy, const ToolFinder& finder)
      : next_(next), policy_(policy), finder_(finder) {}

  call::ToolList list(const call::Caller& caller, call::Audience audience) override;
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override;

 private:
  call::ToolSource& next_;
  const Policy& policy_;
  const ToolFinder& finder_;
};

}  // namespace larkspur::gateway
