// Which prompts, resources and templates of resources exist, and at which backend. Built from what
// the backends offer, never changes afterwards.
//
// Prompts are named like tools, by the same conflict strategy. URIs are kept as they are: results,
// links and subscriptions speak of them, and a URI that was changed here would have to be changed
// back in every one of those. Two backends that offer the same URI are told apart by priorityOrder
// where that is the strategy; else nobody gets it, and the operator is told.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/content_source.h"
#include "config/config.h"
#include "gateway/catalog/uri_template.h"

namespace larkspur::gateway {

// How a backend performs calls as tasks: not, where its caller asks for it and the tool says it may
// (2025-11-25), or as it sees fit (the extension of 2026-07-28).
enum class TaskOffer : unsigned char { kNone, kLegacy, kModern };

// What one backend lists, raw MCP objects in its order.
struct BackendOffer {
  std::string backend;
  std::vector<std::string> tools;
  std::vector<std::string> prompts = {};
  std::vector<std::string> resources = {};
  std::vector<std::string> templates = {};
  TaskOffer tasks = TaskOffer::kNone;
  std::string instructions = {};
};

struct ContentEntry {
  std::shared_ptr<const call::Content> content;
  std::string own_name;  // a prompt's name at its backend; for the others the key
};

// Immutable; any thread.
class ContentCatalog {
 public:
  static ContentCatalog build(const config::Config& config, const std::vector<BackendOffer>& offers,
                              std::vector<std::string>& problems);

  const call::ContentList& list(call::ContentKind kind) const { return of(kind).list; }
  // Exactly that key, or, for a resource, the template that covers it; nullptr when there is none,
  // or when templates of several backends fit equally well.
  const ContentEntry* find(call::ContentKind kind, std::string_view key) const;

  // True when both have the same of that kind, in the same order.
  bool same(const ContentCatalog& other, call::ContentKind kind) const;

 private:
  struct KeyHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Kind {
    call::ContentList list;
    std::unordered_map<std::string, ContentEntry, KeyHash, std::equal_to<>> by_key;
  };
  Kind& of(call::ContentKind kind) { return kinds_[static_cast<std::size_t>(kind)]; }
  const Kind& of(call::ContentKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  void add(call::Content content, std::string own_name);

  Kind kinds_[3];
  std::vector<std::pair<UriTemplate, std::string>> templates_;  // and their keys
};

}  // namespace larkspur::gateway
