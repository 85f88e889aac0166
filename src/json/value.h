// JSON that somebody looks into. A Document is parsed once, strictly (RFC 8259: no trailing commas,
// no second value, valid UTF-8, no lone surrogates, no duplicate keys in an object, bounded depth)
// and then never changes. A Value is a cheap view of one place in it and keeps the exact source
// text of what it shows, so that numbers keep their spelling and unknown members can be forwarded
// as they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace larkspur::json {

enum class Type : unsigned char { kNull, kBool, kNumber, kString, kArray, kObject };

inline constexpr std::size_t kMaxDepth = 200;

namespace internal {
struct Tape;
}  // namespace internal

// Valid while the Document it came from lives. A default Value is "absent": exists() is false,
// every question has its empty answer, and looking into it gives absent again, so that
// root["params"]["_meta"]["progressToken"] needs no checks in between.
class Value {
 public:
  class Elements;
  class Members;

  Value() = default;

  bool exists() const { return tape_ != nullptr; }
  bool is_null() const { return exists() && type() == Type::kNull; }
  bool is_bool() const { return exists() && type() == Type::kBool; }
  bool is_number() const { return exists() && type() == Type::kNumber; }
  bool is_string() const { return exists() && type() == Type::kString; }
  bool is_array() const { return exists() && type() == Type::kArray; }
  bool is_object() const { return exists() && type() == Type::kObject; }
  Type type() const;  // REQUIRES: exists()

  std::string_view raw() const;     // the source text of this value, byte for byte; "" when absent
  std::string_view string() const;  // unescaped; "" unless is_string()
  bool boolean(bool fallback = false) const;
  // The number where it is written as an integer and fits; nullopt for 1.5, 1e3, 2^70, "1".
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;  // nullopt unless is_number(); 1e400 gives infinity

  Value operator[](std::string_view key) const;  // absent unless an object with that key
  std::size_t size() const;                      // elements or members; 0 for everything else
  Elements elements() const;  // empty unless is_array(): for (Value v : x.elements())
  Members members() const;    // empty unless is_object(): for (auto [key, value] : x.members())

 private:
  friend class Document;
  Value(const internal::Tape* tape, std::uint32_t node) : tape_(tape), node_(node) {}

  const internal::Tape* tape_ = nullptr;
  std::uint32_t node_ = 0;
};

// Owns the text and its index. Movable; Values stay valid across a move.
class Document {
 public:
  Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // The error's message names line and column: "line 3, column 7: expected ',' or '}'".
  static Result<Document> parse(std::string text);

  Value root() const;

 private:
  std::unique_ptr<internal::Tape> tape_;
};

class Value::Elements {
 public:
  class Iterator {
   public:
    Iterator(const internal::Tape* tape, std::uint32_t node, std::size_t left)
        : tape_(tape), node_(node), left_(left) {}
    Value operator*() const { return {tape_, node_}; }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    const internal::Tape* tape_;
    std::uint32_t node_;
    std::size_t left_;
  };
  Elements(Iterator first, Iterator last) : first_(first), last_(last) {}
  Iterator begin() const { return first_; }
  Iterator end() const { return last_; }

 private:
  Iterator first_, last_;
};

class Value::Members {
 public:
  class Iterator {
   public:
    Iterator(const internal::Tape* tape, std::uint32_t node, std::size_t left)
        : tape_(tape), node_(node), left_(left) {}
    std::pair<std::string_view, Value> operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    const internal::Tape* tape_;
    std::uint32_t node_;
    std::size_t left_;
  };
  Members(Iterator first, Iterator last) : first_(first), last_(last) {}
  Iterator begin() const { return first_; }
  Iterator end() const { return last_; }

 private:
  Iterator first_, last_;
};

}  // namespace larkspur::json
