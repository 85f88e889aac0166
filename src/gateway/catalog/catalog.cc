#include "gateway/catalog/catalog.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "gateway/catalog/conflicts.h"
#include "gateway/catalog/tool_definition.h"
#include "gateway/clients/legacy_output.h"

namespace larkspur::gateway {

namespace {

constexpr std::size_t kMaxInstructions = 4 * 1024;  // of one backend; a model reads them all

const config::WorkloadTools* rules_for(const config::Config& config, const std::string& backend) {
  const auto& all = config.aggregation.tools;
  const auto found = std::ranges::find(all, backend, &config::WorkloadTools::workload);
  return found == all.end() ? nullptr : &*found;
}

TaskOffer task_offer_of(const std::vector<BackendOffer>& offers, const std::string& backend) {
  const auto found = std::ranges::find(offers, backend, &BackendOffer::backend);
  return found == offers.end() ? TaskOffer::kNone : found->tasks;
}

const config::Backend* backend_named(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.backends, name, &config::Backend::name);
  return found == config.backends.end() ? nullptr : &*found;
}

bool passes_filter(const config::WorkloadTools* rules, const std::string& own_name) {
  if (rules == nullptr || rules->filter.empty()) return true;
  return std::ranges::find(rules->filter, own_name) != rules->filter.end();
}

// The tools of one backend after its filter and overrides, before conflicts are resolved.
void add_candidates(const config::Config& config, const BackendOffer& offer,
                    std::vector<Candidate>& candidates, std::vector<std::string>& problems) {
  const config::WorkloadTools* rules = rules_for(config, offer.backend);
  const bool scripts_only = config.aggregation.exclude_all_tools || (rules && rules->exclude_all);
  std::set<std::string> seen;
  for (const std::string& definition : offer.tools) {
    auto name = tool_name(definition);
    if (!name) {
      problems.push_back("backend '" + offer.backend +
                         "': left out a tool: " + name.error().message);
      continue;
    }
    if (!seen.insert(*name).second) {
      problems.push_back("backend '" + offer.backend + "': lists '" + printable(*name) +
                         "' twice; the first one counts");
      continue;
    }
    if (!passes_filter(rules, *name)) continue;
    Candidate candidate{offer.backend, *name, *name, &definition, "", scripts_only};
    if (rules != nullptr) {
      if (const auto found = rules->overrides.find(*name); found != rules->overrides.end()) {
        if (!found->second.name.empty()) candidate.name = found->second.name;
        candidate.description = found->second.description;
      }
    }
    candidates.push_back(std::move(candidate));
  }
}

// A filter or an override that names a tool which the backend has not is most likely a typing
// error.
void check_rules(const config::Config& config, const BackendOffer& offer,
                 std::vector<std::string>& problems) {
  const config::WorkloadTools* rules = rules_for(config, offer.backend);
  if (rules == nullptr) return;
  std::vector<std::string> names;
  for (const std::string& definition : offer.tools) {
    if (auto name = tool_name(definition)) names.push_back(*name);
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto check = [&](const std::string& name, std::string_view where) {
    if (std::ranges::find(known, name) != known.end()) return;
    std::string problem = "backend '" + offer.backend + "' has no tool '" + name + "', which its " +
                          std::string(where) + " names";
    if (const auto guess = nearest(name, known))
      problem += "; did you mean '" + std::string(*guess) + "'?";
    problems.push_back(std::move(problem));
  };
  for (const std::string& name : rules->filter) check(name, "filter");
  for (const auto& [name, override] : rules->overrides) check(name, "overrides");
}

}  // namespace

Catalog Catalog::build(const config::Config& config, const std::vector<BackendOffer>& offers,
                       const std::set<std::string, std::less<>>& taken) {
  Catalog catalog;
  std::vector<Candidate> candidates;
  for (const BackendOffer& offer : offers) {
    add_candidates(config, offer, candidates, catalog.problems_);
    check_rules(config, offer, catalog.problems_);
  }
  for (Candidate& winner :
       resolve_conflicts(config, std::move(candidates), taken, catalog.problems_)) {
    auto tool = std::make_shared<call::Tool>();
    tool->name = winner.name;
    tool->definition = rewrite_definition(*winner.definition, winner.name, winner.description);
    tool->tasks = settle_task_support(tool->definition, task_offer_of(offers, winner.backend));
    tool->object_output = !has_foreign_output(tool->definition);
    tool->schema = call::read_schema(tool->definition);
    tool->source = winner.backend;
    tool->for_clients = !winner.scripts_only;
    if (const config::Backend* backend = backend_named(config, winner.backend)) {
      tool->timeout = backend->timeout;
    }
    catalog.tools_.push_back(tool);
    CatalogEntry entry{tool, std::move(winner.backend), std::move(winner.own_name), nullptr};
    if (auto headers = mcp::read_param_headers(tool->definition); headers && !headers->empty()) {
      entry.param_headers =
          std::make_shared<const std::vector<mcp::ParamHeader>>(*std::move(headers));
    }
    catalog.by_name_.emplace(winner.name, std::move(entry));
  }
  if (config.aggregation.instructions) {
    for (const BackendOffer& offer : offers) {
      std::string text(trim(truncate_utf8(offer.instructions, kMaxInstructions)));
      if (!text.empty()) catalog.instructions_.push_back({offer.backend, std::move(text)});
    }
  }
  catalog.content_ = ContentCatalog::build(config, offers, catalog.problems_);
  return catalog;
}

const CatalogEntry* Catalog::find(std::string_view published_name) const {
  const auto found = by_name_.find(published_name);
  return found == by_name_.end() ? nullptr : &found->second;
}

bool Catalog::same_tools(const Catalog& other) const {
  return std::ranges::equal(tools_, other.tools_, [](const auto& a, const auto& b) {
    return a->definition == b->definition && a->source == b->source &&
           a->for_clients == b->for_clients && a->tasks == b->tasks;
  });
}

}  // namespace larkspur::gateway
