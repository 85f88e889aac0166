// The constants of a module while it is made. Equal strings are one constant.
#pragma once

#include <array>
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

  // Equal ints are one constant where that is cheap to see: the same operand comes again and again.
  std::uint32_t number(const Constant& constant) {
    if (constant.kind != Constant::Kind::kInt || constant.integer < 0 ||
        constant.integer >= static_cast<std::int64_t>(kFewInts)) {
      return add(constant);
    }
    std::uint32_t& index = by_int_[static_cast<std::size_t>(constant.integer)];
    if (index == 0) index = add(constant) + 1;
    return index - 1;
  }

  std::uint32_t add(const Constant& constant) {
    out_.push_back(constant);
    return static_cast<std::uint32_t>(out_.size() - 1);
  }

 private:
  static constexpr std::uint32_t kNone = ~0U;
  static constexpr std::size_t kFewInts = 128;

  std::vector<Constant>& out_;
  Names& names_;
  Names strings_;  // any texts, not only identifiers
  std::vector<std::uint32_t> by_name_;
  std::vector<std::uint32_t> by_string_;
  std::array<std::uint32_t, kFewInts> by_int_ = {};  // plus one; 0: not there yet
};

}  // namespace larkspur::starlark
