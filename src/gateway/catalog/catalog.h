// What exists under which name. A Catalog is built from what the backends offer and from the
// configuration's aggregation rules, never changes afterwards, and is replaced whole.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/tool_source.h"
#include "config/config.h"
#include "gateway/catalog/content_catalog.h"
#include "mcp/client/param_headers.h"

namespace larkspur::gateway {

// A published tool and where it really is.
struct CatalogEntry {
  std::shared_ptr<const call::Tool> tool;
  std::string backend;
  std::string own_name;  // the backend's name for it
  // The arguments that it wants to see in headers, too; null where there are none.
  std::shared_ptr<const std::vector<mcp::ParamHeader>> param_headers;
};

// Immutable; any thread.
class Catalog {
 public:
  // Order: backends as configured, each one's tools as it lists them. Deterministic: the same input
  // gives the same catalog. `problems` says what was left out and why, one line each, for the
  // operator.
  // `taken`: names of Larkspur's own tools, which no backend may have.
  static Catalog build(const config::Config& config, const std::vector<BackendOffer>& offers,
                       const std::set<std::string, std::less<>>& taken = {});

  const CatalogEntry* find(std::string_view published_name) const;
  const call::ToolList& tools() const { return tools_; }
  const ContentCatalog& content() const { return content_; }
  const std::vector<std::string>& problems() const { return problems_; }

  // What backends say of how they are to be used, within bounds.
  struct Instructions {
    std::string backend;
    std::string text;
    bool operator==(const Instructions&) const = default;
  };
  const std::vector<Instructions>& instructions() const { return instructions_; }

  // True when both publish the same tools with the same definitions in the same order.
  bool same_tools(const Catalog& other) const;

 private:
  struct NameHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  call::ToolList tools_;
  std::unordered_map<std::string, CatalogEntry, NameHash, std::equal_to<>> by_name_;
  ContentCatalog content_;
  std::vector<std::string> problems_;
  std::vector<Instructions> instructions_;
};

}  // namespace larkspur::gateway
