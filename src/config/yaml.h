// YAML (and JSON, which is read as the subset of YAML that it is) as a tree that knows where
// everything stands. Scalars stay text: what a text means is decided by the key that it stands
// under, so a name may be `true` or `1e3` without quotes.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace larkspur::config {

struct Place {
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1, in bytes
};

struct Member;

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;      // kNull: nothing was written, `~` or `null`
  Place place;                  // a collection stands where its first entry stands
  std::string text;             // kScalar
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kMap, in the order of the file; no key twice

  const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Place place;
  Node value;
};

enum class Syntax : std::uint8_t { kYaml, kJson };

// One document. Refused: anchors and aliases, tags, keys that are not scalars, duplicate keys, more
// than kMaxDepth levels, more than kMaxFileBytes bytes, text that is not UTF-8.
std::expected<Node, Problem> parse_tree(std::string_view text, std::string_view filename,
                                        Syntax syntax);

inline constexpr int kMaxDepth = 32;

}  // namespace larkspur::config
