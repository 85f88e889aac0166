#include "net/http_message.h"

#include <algorithm>

#include "base/text.h"

namespace larkspur::net {

namespace {

// Most names differ in length already, and most peers spell them as we do.
bool is_named(const std::string& field, std::string_view name) {
  return field.size() == name.size() && (field == name || equals_ignore_case(field, name));
}

}  // namespace

void Headers::add(std::string name, std::string value) {
  if (fields_.empty()) fields_.reserve(12);  // a usual message then allocates once
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return is_named(field.first, name); });
  add(std::string(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (is_named(field, name)) return trim(value);
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return count(name) > 0;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields_, [&](const auto& field) { return is_named(field.first, name); }));
}

}  // namespace larkspur::net
