#include "gateway/catalog/content_catalog.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "gateway/catalog/conflicts.h"
#include "gateway/catalog/tool_definition.h"
#include "json/value.h"

namespace larkspur::gateway {

namespace {

using call::ContentKind;

struct KindFacts {
  ContentKind kind;
  std::vector<std::string> BackendOffer::* items;
  std::string_view word;
  std::string_view key;  // the member that tells them apart
};

constexpr KindFacts kKinds[] = {
    {ContentKind::kPrompt, &BackendOffer::prompts, "prompt", "name"},
    {ContentKind::kResource, &BackendOffer::resources, "resource", "uri"},
    {ContentKind::kTemplate, &BackendOffer::templates, "resource template", "uriTemplate"},
};

std::string key_of(const std::string& definition, std::string_view member) {
  const auto document = json::Document::parse(definition);
  return document ? std::string(document->root()[member].string()) : std::string();
}

// All of one kind, each backend's in its own order; what has no key, or the key of an earlier one
// of the same backend, is left out.
std::vector<Candidate> candidates_of(const KindFacts& facts,
                                     const std::vector<BackendOffer>& offers,
                                     std::vector<std::string>& problems) {
  std::vector<Candidate> candidates;
  for (const BackendOffer& offer : offers) {
    std::set<std::string> seen;
    for (const std::string& definition : offer.*facts.items) {
      std::string key = key_of(definition, facts.key);
      if (key.empty() || !seen.insert(key).second) {
        problems.push_back("backend '" + offer.backend + "': left out a " +
                           std::string(facts.word) +
                           (key.empty() ? " without a " + std::string(facts.key)
                                        : " that it lists twice: '" + printable(key) + "'"));
        continue;
      }
      candidates.push_back({offer.backend, key, key, &definition, "", false});
    }
  }
  return candidates;
}

}  // namespace

void ContentCatalog::add(call::Content content, std::string own_name) {
  Kind& kind = of(content.kind);
  if (content.kind == ContentKind::kTemplate) {
    templates_.emplace_back(UriTemplate(content.key), content.key);
  }
  auto shared = std::make_shared<const call::Content>(std::move(content));
  kind.list.push_back(shared);
  kind.by_key.emplace(shared->key, ContentEntry{shared, std::move(own_name)});
}

ContentCatalog ContentCatalog::build(const config::Config& config,
                                     const std::vector<BackendOffer>& offers,
                                     std::vector<std::string>& problems) {
  ContentCatalog catalog;
  for (const KindFacts& facts : kKinds) {
    const bool named = facts.kind == ContentKind::kPrompt;
    auto winners = resolve_conflicts(config, candidates_of(facts, offers, problems), {}, problems,
                                     {.word = facts.word, .prefixes = named});
    for (Candidate& winner : winners) {
      std::string definition =
          named ? rename_definition(*winner.definition, winner.name) : *winner.definition;
      catalog.add({facts.kind, winner.name, std::move(definition), std::move(winner.backend)},
                  std::move(winner.own_name));
    }
  }
  return catalog;
}

const ContentEntry* ContentCatalog::find(ContentKind kind, std::string_view key) const {
  const auto& by_key = of(kind).by_key;
  if (const auto found = by_key.find(key); found != by_key.end()) return &found->second;
  if (kind != ContentKind::kResource) return nullptr;

  const ContentEntry* best = nullptr;
  std::size_t most = 0;
  bool ambiguous = false;
  for (const auto& [form, name] : templates_) {
    if (!form.matches(key)) continue;
    const ContentEntry* entry = &of(ContentKind::kTemplate).by_key.find(name)->second;
    if (best == nullptr || form.fixed_bytes() > most) {
      best = entry;
      most = form.fixed_bytes();
      ambiguous = false;
    } else if (form.fixed_bytes() == most && entry->content->source != best->content->source) {
      ambiguous = true;
    }
  }
  return ambiguous ? nullptr : best;
}

bool ContentCatalog::same(const ContentCatalog& other, ContentKind kind) const {
  return std::ranges::equal(of(kind).list, other.of(kind).list, [](const auto& a, const auto& b) {
    return a->definition == b->definition && a->source == b->source;
  });
}

}  // namespace larkspur::gateway
