#include "gateway/catalog/conflicts.h"

#include <algorithm>
#include <map>

namespace larkspur::gateway {

namespace {

std::string with_prefix(const std::string& format, const Candidate& candidate) {
  static constexpr std::string_view kPlaceholder = "{workload}";
  std::string prefix = format;
  for (std::size_t at = prefix.find(kPlaceholder); at != std::string::npos;
       at = prefix.find(kPlaceholder, at + candidate.backend.size())) {
    prefix.replace(at, kPlaceholder.size(), candidate.backend);
  }
  return prefix + candidate.name;
}

// Smaller is stronger: the place in priorityOrder, then the place in the list of backends.
std::size_t rank(const config::Config& config, const std::string& backend) {
  const auto& order = config.aggregation.conflict_resolution_config.priority_order;
  const auto named = std::ranges::find(order, backend);
  if (named != order.end()) return static_cast<std::size_t>(named - order.begin());
  const auto listed = std::ranges::find(config.backends, backend, &config::Backend::name);
  return order.size() + static_cast<std::size_t>(listed - config.backends.begin());
}

std::string owners(const std::vector<const Candidate*>& group) {
  std::string text;
  for (const Candidate* candidate : group) {
    text += (text.empty() ? "'" : ", '") + candidate->backend + "'";
  }
  return text;
}

}  // namespace

std::vector<Candidate> resolve_conflicts(const config::Config& config,
                                         std::vector<Candidate> candidates,
                                         const std::set<std::string, std::less<>>& taken,
                                         std::vector<std::string>& problems, ConflictKind kind) {
  const config::Aggregation& rules = config.aggregation;
  const std::string word(kind.word);
  const bool is_tool = word == ConflictKind().word;
  const bool prefixes =
      kind.prefixes && rules.conflict_resolution == config::ConflictStrategy::kPrefix;
  const bool priority = rules.conflict_resolution == config::ConflictStrategy::kPriority;

  std::map<std::string, std::vector<const Candidate*>> by_name;
  for (Candidate& candidate : candidates) {
    if (prefixes) {
      candidate.name = with_prefix(rules.conflict_resolution_config.prefix_format, candidate);
    }
    by_name[candidate.name].push_back(&candidate);
  }

  std::vector<Candidate> published;
  for (const Candidate& candidate : candidates) {
    if (taken.contains(candidate.name)) {
      problems.push_back("backend '" + candidate.backend + "': its tool '" + candidate.name +
                         "' is left out: Larkspur's own tool has this name; give it another one " +
                         "under aggregation.tools[].overrides");
      continue;
    }
    const auto& group = by_name[candidate.name];
    if (group.size() > 1 && priority) {
      const Candidate* first = *std::ranges::min_element(
          group, {}, [&](const Candidate* each) { return rank(config, each->backend); });
      if (first != &candidate) {
        problems.push_back(word + " '" + candidate.name + "' of backend '" + candidate.backend +
                           "' is left out: backend '" + first->backend + "' comes first");
        continue;
      }
    } else if (group.size() > 1) {
      if (group.front() == &candidate) {
        problems.push_back(
            word + " '" + candidate.name + "' is left out: backends " + owners(group) +
            (is_tool ? " all publish this name; rename it under aggregation.tools[].overrides"
                     : " all publish it; conflictResolution: priority would choose one"));
      }
      continue;
    }
    published.push_back(candidate);
  }
  return published;
}

}  // namespace larkspur::gateway
