// The constants of a module while it is made. Equal strings are one constant.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "starlark/compile/bytecode.h"
#include "starlark/syntax/names.h"

namespace larkspur::starlark {

class Constants {
 public:
  Constants(std::vector<Constant>& out, Names& names) : out_(out), names_(names) {}

  std::uint32_t name(NameId name) {
    if (name >= by_name_.size()) by_name_.resize(names_.size(), kNone);
    std::uint32_t& index = by_name_[name];
    if (index == kNone) index = string(names_.text(name));
    return index;
  }

  std::uint32_t string(std::string_view text) {
    const NameId id = strings_.intern(text);
    if (id == by_string_.size())
      by_string_.push_back(add({.kind = Constant::Kind::kString, .text = text}));
    return by_string_[id];
  }

  std::uint32_t add(const Constant& constant) {
    out_.push_back(constant);
    return static_cast<std::uint32_t>(out_.size() - 1);
  }

 private:
  static constexpr std::uint32_t kNone = ~0U;

  std::vector<Constant>& out_;
  Names& names_;
  Names strings_;  // any texts, not only identifiers
  std::vector<std::uint32_t> by_name_;
  std::vector<std::uint32_t> by_string_;
};

}  // namespace larkspur::starlark
