// Words of the protocol in raw JSON, where a letter may be spelled by an escape.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace larkspur::mcp {

// Whether `raw`, a JSON value's text or "", is a string that says `word`.
inline bool spells(std::string_view raw, std::string_view word) {
  if (!raw.contains('\\'))
    return raw.size() == word.size() + 2 && raw.front() == '"' &&
           raw.substr(1, word.size()) == word;
  const auto value = json::Document::parse(std::string(raw));
  return value && value->root().string() == word;
}

}  // namespace larkspur::mcp
