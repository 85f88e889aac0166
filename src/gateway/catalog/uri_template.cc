#include "gateway/catalog/uri_template.h"

namespace larkspur::gateway {

UriTemplate::UriTemplate(std::string_view text) {
  parts_.emplace_back();
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == text.npos ? text.npos : text.find('}', open);
    parts_.back().fixed += text.substr(0, close == text.npos ? text.npos : open);
    if (close == text.npos) return;
    const std::string_view expression = text.substr(open + 1, close - open - 1);
    constexpr std::string_view kOperators = "+#/?&;.";
    parts_.back().crosses_slashes =
        !expression.empty() &&
        (kOperators.contains(expression.front()) || expression.ends_with('*'));
    parts_.emplace_back();
    text.remove_prefix(close + 1);
  }
}

// The first part is at the beginning and the last one at the end; every other one is taken where it
// occurs first, which leaves most to those that follow.
bool UriTemplate::matches(std::string_view uri) const {
  if (parts_.size() == 1) return uri == parts_.front().fixed;
  if (!uri.starts_with(parts_.front().fixed)) return false;
  uri.remove_prefix(parts_.front().fixed.size());
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    const std::string& fixed = parts_[i].fixed;
    const bool last = i + 1 == parts_.size();
    const std::size_t at =
        last ? (uri.ends_with(fixed) ? uri.size() - fixed.size() : uri.npos) : uri.find(fixed);
    if (at == uri.npos) return false;
    if (!parts_[i - 1].crosses_slashes && uri.substr(0, at).contains('/')) return false;
    uri.remove_prefix(at + fixed.size());
  }
  return true;
}

std::size_t UriTemplate::fixed_bytes() const {
  std::size_t bytes = 0;
  for (const Part& part : parts_) bytes += part.fixed.size();
  return bytes;
}

}  // namespace larkspur::gateway
