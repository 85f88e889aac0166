// Identifiers as small numbers: equal names are one number, so that scopes are arrays, not maps.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "starlark/syntax/token.h"
#include "starlark/text_words.h"

namespace larkspur::starlark {

class Names {
 public:
  Names() : slots_(256, kEmpty), seed_(reinterpret_cast<std::uintptr_t>(slots_.data())) {}

  // The texts are not copied: they must outlive the table.
  NameId intern(std::string_view text) {
    if (texts_.size() * 2 >= slots_.size()) grow();
    NameId& slot = slot_of(text);
    if (slot == kEmpty) {
      slot = static_cast<NameId>(texts_.size());
      texts_.push_back(text);
    }
    return slot;
  }

  std::optional<NameId> find(std::string_view text) {
    const NameId slot = slot_of(text);
    return slot == kEmpty ? std::nullopt : std::optional(slot);
  }

  std::string_view text(NameId name) const { return texts_[name]; }
  std::size_t size() const { return texts_.size(); }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  static constexpr NameId kEmpty = ~NameId{0};

  NameId& slot_of(std::string_view text) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash(text) & mask;
    while (slots_[i] != kEmpty && texts_[slots_[i]] != text) i = (i + 1) & mask;
    return slots_[i];
  }

  // A source may be made to collide, so the hash depends on where the heap lies. Nothing else does:
  // names are numbered in the order in which they are met.
  std::size_t hash(std::string_view text) const {
    std::uint64_t hash = seed_ ^ text.size();
    for_each_word(text, [&](std::uint64_t word) {
      const auto product = static_cast<unsigned __int128>(hash ^ word ^ 0x9E3779B97F4A7C15) *
                           (seed_ | 0xD6E8FEB86659FD93);
      hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    });
    return hash;
  }

  void grow() {
    slots_.assign(slots_.size() * 2, kEmpty);
    for (NameId name = 0; name < texts_.size(); ++name) slot_of(texts_[name]) = name;
  }

  std::vector<NameId> slots_;
  std::uint64_t seed_;
  std::vector<std::string_view> texts_;
};

}  // namespace larkspur::starlark
