#include "ops/parameters.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::ops {

namespace {

using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

constexpr std::size_t kMaxStrings = 256;  // of one kStrings

std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 64;
  return "'" + printable(truncate_utf8(text, kShown)) + (text.size() > kShown ? "...'" : "'");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::unexpected<Error> wrong(const Parameter& parameter, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", parameter.name, what));
}

Result<void> check_text(const Parameter& parameter, std::string_view text) {
  if (text.size() > parameter.max_bytes) {
    return wrong(parameter, fmt::format("{} bytes, but at most {} are taken", text.size(),
                                        parameter.max_bytes));
  }
  if (!parameter.choices.empty() &&
      std::ranges::find(parameter.choices, text) == parameter.choices.end()) {
    return wrong(parameter,
                 fmt::format("{} is none of {}", shown(text), joined(parameter.choices)));
  }
  if (!parameter.pattern.empty() && !RE2::FullMatch(text, parameter.pattern)) {
    return wrong(parameter,
                 fmt::format("{} does not look like {}", shown(text), parameter.pattern));
  }
  return {};
}

// "a,b" and "[\"a\",\"b\"]", for clients that send every argument as a string.
Result<std::vector<std::string>> split(const Parameter& parameter, std::string_view text) {
  std::vector<std::string> words;
  if (trim(text).starts_with('[')) {
    const auto document = json::Document::parse(std::string(text));
    if (!document) {
      return wrong(parameter, "not a JSON array of strings: " + document.error().message);
    }
    for (const json::Value each : document->root().elements()) {
      if (!each.is_string()) return wrong(parameter, "needs an array of strings");
      words.emplace_back(each.string());
    }
    return words;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (const auto word = trim(text.substr(at, comma - at)); !word.empty())
      words.emplace_back(word);
    at = comma + 1;
  }
  return words;
}

Result<Value> read_strings(const Parameter& parameter, json::Value value) {
  std::vector<std::string> words;
  if (value.is_string()) {
    auto parts = split(parameter, value.string());
    if (!parts) return fail(std::move(parts.error()));
    words = std::move(*parts);
  } else if (value.is_array()) {
    for (const json::Value each : value.elements()) {
      if (!each.is_string()) return wrong(parameter, "needs an array of strings");
      words.emplace_back(each.string());
    }
  } else {
    return wrong(parameter, "needs an array of strings");
  }
  if (words.size() > kMaxStrings) {
    return wrong(parameter,
                 fmt::format("{} values, but at most {} are taken", words.size(), kMaxStrings));
  }
  for (const std::string& word : words) {
    if (auto checked = check_text(parameter, word); !checked)
      return fail(std::move(checked.error()));
  }
  return Value(std::move(words));
}

Result<Value> read_integer(const Parameter& parameter, json::Value value) {
  const auto number = value.integer();
  if (!number) return wrong(parameter, "needs an integer");
  if ((parameter.min && *number < *parameter.min) || (parameter.max && *number > *parameter.max)) {
    return wrong(parameter, fmt::format("{} is out of range: {} to {}", *number,
                                        parameter.min ? std::to_string(*parameter.min) : "any",
                                        parameter.max ? std::to_string(*parameter.max) : "any"));
  }
  return Value(*number);
}

Result<Value> read_value(const Parameter& parameter, json::Value value) {
  switch (parameter.type) {
    case ParameterType::kInteger:
      return read_integer(parameter, value);
    case ParameterType::kBoolean:
      if (!value.is_bool()) return wrong(parameter, "needs true or false");
      return Value(value.boolean());
    case ParameterType::kStrings:
      return read_strings(parameter, value);
    case ParameterType::kTime:
      if (value.is_number()) return Value(std::string(value.raw()));
      if (!value.is_string()) return wrong(parameter, "needs a time: a string or a number");
      break;
    case ParameterType::kString:
      if (!value.is_string()) return wrong(parameter, "needs a string");
  }
  if (auto checked = check_text(parameter, value.string()); !checked) {
    return fail(std::move(checked.error()));
  }
  return Value(std::string(value.string()));
}

std::unexpected<Error> unknown(std::string_view name, const Parameters& parameters) {
  std::vector<std::string_view> known;
  std::vector<std::string> words;
  for (const Parameter& each : parameters) {
    known.push_back(each.name);
    words.push_back(each.name);
  }
  std::string message =
      fmt::format("{}: there is no such parameter", printable(truncate_utf8(name, 64)));
  if (const auto guess = nearest(name, known)) {
    message += fmt::format("; did you mean {}?", *guess);
  } else {
    message += words.empty() ? "; the tool takes none" : "; the tool takes " + joined(words);
  }
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

void write_strings(json::Writer& writer, const std::vector<std::string>& words) {
  writer.begin_array();
  for (const std::string& word : words) writer.string(word);
  writer.end_array();
}

void write_item_rules(json::Writer& writer, const Parameter& parameter) {
  if (!parameter.choices.empty()) write_strings(writer.key("enum"), parameter.choices);
  if (!parameter.pattern.empty()) writer.key("pattern").string("^(?:" + parameter.pattern + ")$");
}

void write_property(json::Writer& writer, const Parameter& parameter) {
  writer.begin_object();
  switch (parameter.type) {
    case ParameterType::kString:
      writer.key("type").string("string");
      write_item_rules(writer, parameter);
      break;
    case ParameterType::kInteger:
      writer.key("type").string("integer");
      if (parameter.min) writer.key("minimum").integer(*parameter.min);
      if (parameter.max) writer.key("maximum").integer(*parameter.max);
      break;
    case ParameterType::kBoolean:
      writer.key("type").string("boolean");
      break;
    case ParameterType::kStrings:
      writer.key("type");
      write_strings(writer, {"array", "string"});
      writer.key("items").begin_object().key("type").string("string");
      write_item_rules(writer, parameter);
      writer.end_object();
      break;
    case ParameterType::kTime:
      writer.key("type");
      write_strings(writer, {"string", "number"});
      break;
  }
  writer.key("description").string(parameter.description);
  if (!parameter.fallback.empty()) writer.key("default").raw(parameter.fallback);
  writer.end_object();
}

}  // namespace

std::string input_schema(const Parameters& parameters) {
  json::Writer writer;
  writer.begin_object().key("type").string("object").key("properties").begin_object();
  std::vector<std::string> required;
  for (const Parameter& each : parameters) {
    write_property(writer.key(each.name), each);
    if (each.required) required.push_back(each.name);
  }
  writer.end_object();
  if (!required.empty()) write_strings(writer.key("required"), required);
  writer.key("additionalProperties").boolean(false).end_object();
  return writer.take();
}

Result<Arguments> Arguments::read(const Parameters& parameters, std::string_view json) {
  const auto document = json::Document::parse(std::string(json.empty() ? "{}" : json));
  if (!document) return fail(ErrorCode::kInvalidArgument, "arguments: " + document.error().message);
  const json::Value root = document->root();
  if (!root.is_object()) return fail(ErrorCode::kInvalidArgument, "arguments: needs an object");
  for (const auto [name, value] : root.members()) {
    if (std::ranges::find(parameters, name, &Parameter::name) == parameters.end()) {
      return unknown(name, parameters);
    }
  }
  Arguments arguments;
  for (const Parameter& each : parameters) {
    json::Value given = root[each.name];
    const auto otherwise = json::Document::parse(each.fallback.empty() ? "null" : each.fallback);
    if (!given.exists() || given.is_null()) {
      if (each.required) return wrong(each, "is required: " + each.description);
      if (each.fallback.empty()) continue;
      given = otherwise->root();
    }
    auto value = read_value(each, given);
    if (!value) return fail(std::move(value.error()));
    arguments.values_.emplace(each.name, std::move(*value));
  }
  return arguments;
}

std::string_view Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : std::get<std::string>(found->second);
}

std::int64_t Arguments::integer(std::string_view name, std::int64_t otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : std::get<std::int64_t>(found->second);
}

bool Arguments::flag(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && std::get<bool>(found->second);
}

const std::vector<std::string>& Arguments::strings(std::string_view name) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : std::get<std::vector<std::string>>(found->second);
}

}  // namespace larkspur::ops
