// The readers agree on what JSON is, and what a Document shows is what stands in the text.
#include <cstdint>
#include <cstdlib>

#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace {

using namespace larkspur;  // NOLINT: a fuzz target is a program of its own

void require(bool condition) {
  if (!condition) std::abort();
}

void look_at(const json::Value& value) {
  // One level is enough: deeper values are reparsed by themselves through raw().
  for (const json::Value element : value.elements())
    require(json::check(element.raw()).has_value());
  for (const auto& [key, member] : value.members()) {
    require(value[key].raw() == member.raw());
    const auto quoted = json::Document::parse(json::quote(key));
    require(quoted && quoted->root().string() == key);
    require(json::check(member.raw()).has_value());
  }
  if (value.is_string()) {
    const auto again = json::Document::parse(json::quote(value.string()));
    require(again && again->root().string() == value.string());
  }
  if (value.is_number()) require(value.number().has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const bool well_formed = json::check(text).has_value();
  const auto document = json::Document::parse(text);
  const auto members = json::scan_object(text);
  // Document alone refuses duplicate keys below the outermost level.
  if (document) require(well_formed);
  if (well_formed && !document) {
    require(document.error().message.find("occurs twice") != std::string::npos);
  }
  if (members) require(well_formed);
  const auto split = json::split_object(text);  // harmless for any text, the same for JSON
  if (well_formed) {
    require(split.has_value() == members.has_value());
    for (std::size_t i = 0; members && i < members->size(); ++i) {
      require((*split)[i].key == (*members)[i].key && (*split)[i].raw == (*members)[i].raw);
    }
    require(!members || split->size() == members->size());
  }
  if (document) {
    const json::Value root = document->root();
    require(members.has_value() == root.is_object());
    if (members) {
      require(members->size() == root.size());
      for (const json::Member& member : *members) require(root[member.key].raw() == member.raw);
    }
    look_at(root);
  }
  require(json::check(json::quote(text)).has_value());
  return 0;
}
