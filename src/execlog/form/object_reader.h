// Takes one JSON object of a record apart; for json_reading.cc only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "execlog/call_id.h"
#include "execlog/form/fields.h"
#include "execlog/iso_time.h"
#include "json/value.h"

namespace larkspur::execlog {

// Takes one object apart. The first thing that is wrong stays as the problem, and from there on
// every question has an empty answer, so that a reader reads straight down and looks at the end.
class ObjectReader {
 public:
  ObjectReader(json::Value object, std::string path, std::optional<Error>& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {
    if (!object_.is_object()) complain("", "is not an object");
  }

  bool good() const { return !problem_; }

  void complain(std::string_view name, std::string_view what) {
    if (problem_) return;
    std::string place = path_;
    if (!place.empty() && !name.empty()) place += '.';
    place += name;
    problem_ = Error{ErrorCode::kInvalidArgument, fmt::format("not an execution log record: {} {}",
                                                              place.empty() ? "it" : place, what)};
  }

  // The member, counted as known; absent (and a problem where it is required) if it is not there.
  json::Value take(std::string_view name, bool required = false) {
    const json::Value value = object_[name];
    if (value.exists()) taken_.push_back(name);
    if (!value.exists() && required) complain(name, "is missing");
    return value;
  }

  std::string text(std::string_view name, std::size_t max_bytes, bool required = false) {
    return string_of(name, take(name, required), max_bytes);
  }

  std::string id(std::string_view name, bool required = false) {
    std::string id = text(name, kMaxFieldBytes, required);
    const bool absent = id.empty() && !required;
    if (!absent && !is_tool_call_id(id)) complain(name, "is not a tool_call_id");
    return id;
  }

  // "3" or "3/7".
  std::string place(std::string_view name) {
    std::string place = text(name, 32);
    const auto allowed = [](char c) { return (c >= '0' && c <= '9') || c == '/'; };
    if (!std::ranges::all_of(place, allowed)) complain(name, "is not a place like 3 or 3/7");
    return place;
  }

  template <std::size_t Digits>
  HexId<Digits> hex(std::string_view name) {
    const std::string digits = text(name, Digits);
    const HexId<Digits> id(digits);
    if (!digits.empty() && id.empty()) complain(name, "is not a trace or span id");
    return id;
  }

  std::int64_t count(std::string_view name, std::int64_t lowest = 0, bool required = false) {
    const json::Value value = take(name, required);
    if (!value.exists()) return lowest;
    if (!value.integer() || *value.integer() < lowest) complain(name, "is not a count");
    return value.integer().value_or(lowest);
  }

  bool flag(std::string_view name, bool required = false) {
    const json::Value value = take(name, required);
    if (value.exists() && !value.is_bool()) complain(name, "is not true or false");
    return value.boolean();
  }

  std::optional<EpochMs> time(std::string_view name, bool required = false) {
    const json::Value value = take(name, required);
    if (!value.exists() || (!required && value.is_null())) return std::nullopt;
    const std::optional<EpochMs> time = from_iso8601(value.string());
    if (!time) complain(name, "is not a time like 2026-11-20T07:36:29.123Z");
    return time;
  }

  template <class Enum>
  std::optional<Enum> word(std::string_view name, bool required = false) {
    const json::Value value = take(name, required);
    if (!value.exists()) return std::nullopt;
    const std::optional<Enum> word = from_text<Enum>(value.string());
    if (!word) complain(name, fmt::format("is '{}', not one of its words", shown(value.string())));
    return word;
  }

  std::vector<std::string> texts(std::string_view name, std::size_t max_items,
                                 std::size_t max_bytes, bool required = false) {
    const json::Value value = take(name, required);
    std::vector<std::string> texts;
    if (!value.exists()) return texts;
    if (!value.is_array()) complain(name, "is not a list");
    if (value.size() > max_items) complain(name, fmt::format("has more than {} items", max_items));
    if (!good()) return texts;
    for (const json::Value item : value.elements())
      texts.push_back(string_of(name, item, max_bytes));
    return texts;
  }

  // The visitor: the four kinds of field (fields.h).
  void operator()(std::string_view name, std::string& out, const FieldRule& rule) {
    const json::Value value = take(name, rule.required);
    if (!value.exists() || (rule.nullable && value.is_null())) return;
    out = string_of(name, value, rule.max_bytes);
    if (rule.digest && good() && !is_digest(out)) complain(name, "is not a digest");
    if (!allows(rule, out)) {
      complain(name, fmt::format("is '{}', not one of: {}", shown(out), rule.words));
    }
  }
  void operator()(std::string_view name, Int& out, const FieldRule& rule) {
    const json::Value value = take(name, rule.required);
    if (!value.exists() || (rule.nullable && value.is_null())) return;
    out = value.integer();
    if (!out) complain(name, "is not an integer");
  }
  void operator()(std::string_view name, Flag& out, const FieldRule& rule) {
    const json::Value value = take(name, rule.required);
    if (!value.exists()) return;
    if (!value.is_bool()) complain(name, "is not true or false");
    out = value.boolean();
  }
  void operator()(std::string_view name, std::vector<std::string>& out, const FieldRule& rule) {
    out = texts(name, kMaxListItems, rule.max_bytes, rule.required);
  }

  // Calls visit(name, value) for every member that nobody asked for.
  template <class Visit>
  void each_unknown(Visit&& visit) {
    if (!good() || taken_.size() == object_.size()) return;
    for (const auto& [name, value] : object_.members()) {
      if (std::ranges::find(taken_, name) == taken_.end()) visit(name, value);
    }
  }
  void refuse_unknown() {
    each_unknown(
        [this](std::string_view name, json::Value) { complain(shown(name), "is not known"); });
  }

 private:
  static std::string shown(std::string_view text) { return printable(truncate_utf8(text, 64)); }

  std::string string_of(std::string_view name, json::Value value, std::size_t max_bytes) {
    if (!value.exists()) return {};
    if (!value.is_string()) complain(name, "is not a text");
    if (value.string().size() > max_bytes)
      complain(name, fmt::format("is longer than {} bytes", max_bytes));
    return good() ? std::string(value.string()) : std::string();
  }

  json::Value object_;
  std::string path_;
  std::optional<Error>& problem_;
  std::vector<std::string_view> taken_;  // names are literals
};

}  // namespace larkspur::execlog
