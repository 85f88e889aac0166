// Writes compact JSON into a growing string. Commas and colons are its business; whether the calls
// make a well-formed document is the caller's (checked by asserts in debug builds).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace larkspur::json {

class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t expected_bytes) { out_.reserve(expected_bytes); }

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  // Escapes what JSON demands; bytes that are not UTF-8 become U+FFFD.
  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& number(double value);  // shortest text that reads back the same; null for inf and nan
  Writer& boolean(bool value);
  Writer& null();
  // Splices a JSON value that is already text. REQUIRES: one well-formed value.
  Writer& raw(std::string_view json);

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void before_value();
  void open(char bracket);
  void close(char opened_by, char bracket);

  std::string out_;
  std::string open_;  // the brackets that are open, outermost first
  bool needs_comma_ = false;
  bool after_key_ = false;
};

// `text` as a JSON string literal, quotes included.
std::string quote(std::string_view text);

}  // namespace larkspur::json
