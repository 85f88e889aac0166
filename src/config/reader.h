// Takes the values of a tree into plain structs, by the tables of schema.h. Goes on after a
// mistake, so that all of them are reported.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"
#include "config/schema.h"
#include "config/secret_ref.h"
#include "config/values.h"
#include "config/yaml.h"

namespace larkspur::config {

// Where each value stands, by its path: "backends[2].url". For rules that are checked afterwards.
class Places {
 public:
  void add(std::string path, Place place) { places_.emplace(std::move(path), place); }
  bool has(const std::string& path) const { return places_.contains(path); }
  // The place of `path`, else of the nearest thing around it.
  Place at(std::string path) const;

 private:
  std::map<std::string, Place, std::less<>> places_;
};

class Reader {
 public:
  // `subject`: what messages call the outermost level, "the file".
  Reader(Report& report, const SecretResolver& secrets, std::string subject)
      : report_(report), secrets_(secrets), subject_(std::move(subject)) {}

  // Unknown keys that resemble no known one are warnings: for files that others define.
  void tolerate_unknown_keys() { tolerant_ = true; }

  template <HasKeys T>
  void read(const Node& node, T& out, const Rule& = {});

  const Places& places() const { return places_; }

 private:
  void read(const Node& node, std::string& out, const Rule&);
  void read(const Node& node, bool& out, const Rule&);
  void read(const Node& node, double& out, const Rule& rule);
  void read(const Node& node, milliseconds& out, const Rule& rule);
  void read(const Node& node, Secret& out, const Rule&);
  void read(const Node& node, std::map<std::string, Secret>& out, const Rule&);
  template <std::integral T>
  void read(const Node& node, T& out, const Rule& rule);
  template <HasWords E>
  void read(const Node& node, E& out, const Rule&);
  template <class T>
  void read(const Node& node, std::vector<T>& out, const Rule& rule);
  template <class T>
  void read(const Node& node, std::map<std::string, T>& out, const Rule& rule);

  // nullopt: reported.
  std::optional<std::uint64_t> whole_number(const Node& node, const Rule& rule,
                                            std::uint64_t type_max);
  void unknown_key(const Member& member, const std::vector<std::string_view>& known);
  void wrong(const Node& node, std::string_view expected);
  // False: reported, without the text: who writes headers in the wrong shape writes secrets with
  // it.
  bool is_map(const Node& node);
  std::string subject() const { return path_.empty() ? subject_ : path_; }

  // Calls `read_value` with path_ pointing at a member or an element.
  template <class F>
  void below(std::string step, Place place, F read_value) {
    const std::size_t size = path_.size();
    path_ += step;
    places_.add(path_, place);
    read_value();
    path_.resize(size);
  }

  Report& report_;
  const SecretResolver& secrets_;
  std::string subject_;
  Places places_;
  std::string path_;
  bool tolerant_ = false;
};

template <HasKeys T>
void Reader::read(const Node& node, T& out, const Rule&) {
  if (node.kind != Node::Kind::kMap && node.kind != Node::Kind::kNull) {
    return wrong(node, "a map of keys");
  }
  const auto take = [&](const Member& member, const auto& key) {
    if (key.name != member.key) return false;
    // A key with nothing behind it is a key that was left out.
    if (member.value.kind == Node::Kind::kNull) return true;
    below(fmt::format("{}{}", path_.empty() ? "" : ".", member.key), member.value.place,
          [&] { read(member.value, out.*key.member, key.rule); });
    return true;
  };
  std::apply(
      [&](const auto&... keys) {
        for (const Member& member : node.members) {
          if (!(take(member, keys) || ...)) unknown_key(member, {keys.name...});
        }
        const auto require = [&](const auto& key) {
          const Node* value = node.find(key.name);
          if (!key.rule.required || (value != nullptr && value->kind != Node::Kind::kNull)) return;
          report_.problem(node.place, fmt::format("{} needs the key '{}'", subject(), key.name));
        };
        (require(keys), ...);
      },
      kKeys<T>);
}

template <std::integral T>
void Reader::read(const Node& node, T& out, const Rule& rule) {
  if (const auto value = whole_number(node, rule, std::numeric_limits<T>::max())) {
    out = static_cast<T>(*value);
  }
}

template <HasWords E>
void Reader::read(const Node& node, E& out, const Rule&) {
  std::apply(
      [&](const auto&... words) {
        const auto take = [&](const auto& word) {
          if (node.kind != Node::Kind::kScalar || word.first != node.text) return false;
          out = word.second;
          return true;
        };
        if ((take(words) || ...)) return;
        const std::vector<std::string_view> known{words.first...};
        wrong(node, fmt::format("one of {}", fmt::join(known, ", ")));
      },
      kWords<E>);
}

template <class T>
void Reader::read(const Node& node, std::vector<T>& out, const Rule& rule) {
  if (node.kind != Node::Kind::kList)
    return wrong(node, "a list, [a, b] or one dash for each entry");
  for (const Node& item : node.items) {
    below(fmt::format("[{}]", out.size()), item.place,
          [&] { read(item, out.emplace_back(), rule); });
  }
}

template <class T>
void Reader::read(const Node& node, std::map<std::string, T>& out, const Rule& rule) {
  if (!is_map(node)) return;
  for (const Member& member : node.members) {
    below(fmt::format(".{}", member.key), member.place,
          [&] { read(member.value, out[member.key], rule); });
  }
}

}  // namespace larkspur::config
