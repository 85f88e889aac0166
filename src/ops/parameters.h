// What a built-in tool takes: one table, from which its inputSchema is written and by which the
// arguments of a call are checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace larkspur::ops {

enum class ParameterType : unsigned char {
  kString,
  kInteger,
  kBoolean,
  kStrings,  // an array of strings; clients that only know strings may send "a,b" or "[\"a\"]"
  kTime,     // a string or a number; read it with parse_range() of time_range.h
};

struct Parameter {
  std::string name;
  ParameterType type = ParameterType::kString;
  std::string description;
  bool required = false;
  std::string fallback = {};              // the value where none is given, as JSON; "" for none
  std::vector<std::string> choices = {};  // kString and each of kStrings: one of these
  std::string pattern = {};               // kString: RE2, of the whole value
  std::optional<std::int64_t> min = {}, max = {};  // kInteger
  std::size_t max_bytes = 4096;                    // kString, kTime and each of kStrings
};
using Parameters = std::vector<Parameter>;

// The JSON Schema (2020-12) of a table; every parameter that it does not name is refused.
std::string input_schema(const Parameters& parameters);

// The checked arguments of one call. Asking for a name that the table has not is a bug.
class Arguments {
 public:
  // `json` is an object, or "" for none. The error (kInvalidArgument) names the parameter, what was
  // wrong with it and what it takes. null counts as not given.
  static Result<Arguments> read(const Parameters& parameters, std::string_view json);

  bool has(std::string_view name) const { return values_.contains(name); }
  std::string_view text(std::string_view name) const;  // "" when not given; a number as it came
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  bool flag(std::string_view name) const;                                // false when not given
  const std::vector<std::string>& strings(std::string_view name) const;  // {} when not given

 private:
  using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace larkspur::ops
