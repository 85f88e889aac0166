#include "json/value.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cassert>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "json/grammar.h"
#include "json/keys.h"

namespace larkspur::json {

namespace internal {

// The index of a text: its values in the order of the text, a container before what it holds. A
// member is two nodes, its key (a kString) and its value.
struct Node {
  std::uint32_t begin;  // source text, quotes and brackets included
  std::uint32_t end;
  // kObject, kArray: the number of members or elements, and the node after the last thing inside.
  // kString with an escape: size and place of its unescaped text in Tape::unescaped.
  std::uint32_t count = 0;
  std::uint32_t link = 0;
  Type type;
  bool escaped = false;
};

struct Tape {
  std::string text;
  std::string unescaped;
  std::vector<Node> nodes;

  std::string_view raw(std::uint32_t node) const {
    const Node& n = nodes[node];
    return std::string_view(text).substr(n.begin, n.end - n.begin);
  }
  std::string_view string(std::uint32_t node) const {
    const Node& n = nodes[node];
    if (n.escaped) return std::string_view(unescaped).substr(n.link, n.count);
    return std::string_view(text).substr(n.begin + 1, n.end - n.begin - 2);
  }
  std::uint32_t after(std::uint32_t node) const {
    const Node& n = nodes[node];
    return n.type == Type::kObject || n.type == Type::kArray ? n.link : node + 1;
  }
};

namespace {

class TapeSink {
 public:
  explicit TapeSink(Tape& tape) : tape_(tape) {}

  void open(Type type, std::size_t at) {
    count_one();
    open_.push_back(next());
    tape_.nodes.push_back({.begin = narrow(at), .end = 0, .type = type});
  }
  void close(std::size_t end) {
    const std::uint32_t node = open_.back();
    open_.pop_back();
    tape_.nodes[node].end = narrow(end);
    tape_.nodes[node].link = next();
    if (tape_.nodes[node].type == Type::kObject) refuse_duplicates(node);
  }
  void key(std::size_t at, std::size_t end, bool escaped) { string(at, end, escaped); }
  void scalar(Type type, std::size_t at, std::size_t end, bool escaped) {
    count_one();
    if (type == Type::kString) return string(at, end, escaped);
    tape_.nodes.push_back({.begin = narrow(at), .end = narrow(end), .type = type});
  }

  // The first one in the text, found once a whole object has been read.
  const std::optional<Fault>& duplicate() const { return duplicate_; }

 private:
  static std::uint32_t narrow(std::size_t at) { return static_cast<std::uint32_t>(at); }
  std::uint32_t next() const { return narrow(tape_.nodes.size()); }
  void count_one() {
    if (!open_.empty()) ++tape_.nodes[open_.back()].count;
  }
  void string(std::size_t at, std::size_t end, bool escaped) {
    Node node{.begin = narrow(at), .end = narrow(end), .type = Type::kString, .escaped = escaped};
    if (escaped) {
      node.link = narrow(tape_.unescaped.size());
      unescape(std::string_view(tape_.text).substr(at, end - at), tape_.unescaped);
      node.count = narrow(tape_.unescaped.size()) - node.link;
    }
    tape_.nodes.push_back(node);
  }
  void refuse_duplicates(std::uint32_t object) {
    const std::uint32_t count = tape_.nodes[object].count;
    if (count < 2) return;
    keys_.clear();
    for (std::uint32_t node = object + 1; keys_.size() < count; node = tape_.after(node + 1)) {
      keys_.push_back(node);
    }
    const auto key_of = [this](std::size_t i) { return tape_.string(keys_[i]); };
    const auto second = find_duplicate(count, key_of);
    if (!second) return;
    const std::size_t at = tape_.nodes[keys_[*second]].begin;
    if (!duplicate_ || at < duplicate_->at) duplicate_ = Fault{at, kDuplicateKey};
  }

  Tape& tape_;
  // Room in place for the depth and the members of a usual text.
  boost::container::small_vector<std::uint32_t, 16> open_;
  boost::container::small_vector<std::uint32_t, 16> keys_;
  std::optional<Fault> duplicate_;
};

}  // namespace
}  // namespace internal

Document::Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(ErrorCode::kTooLarge, "a JSON text of 4 GiB or more cannot be indexed");
  }
  auto tape = std::make_unique<internal::Tape>();
  tape->text = std::move(text);
  tape->nodes.reserve(std::min<std::size_t>(tape->text.size() / 6 + 8, 256));  // a usual request's
  internal::TapeSink sink(*tape);
  if (const auto fault = internal::Reader(tape->text, sink).read()) {
    return fail(to_error(tape->text, *fault));
  }
  if (sink.duplicate()) return fail(to_error(tape->text, *sink.duplicate()));
  Document document;
  document.tape_ = std::move(tape);
  return document;
}

Value Document::root() const {
  return tape_ ? Value(tape_.get(), 0) : Value();
}

Type Value::type() const {
  assert(exists());
  return tape_->nodes[node_].type;
}

std::string_view Value::raw() const {
  return exists() ? tape_->raw(node_) : std::string_view{};
}

std::string_view Value::string() const {
  return is_string() ? tape_->string(node_) : std::string_view{};
}

bool Value::boolean(bool fallback) const {
  return is_bool() ? raw() == "true" : fallback;
}

std::optional<std::int64_t> Value::integer() const {
  if (!is_number()) return std::nullopt;
  const std::string_view text = raw();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> Value::number() const {
  if (!is_number()) return std::nullopt;
  const std::string_view text = raw();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // from_chars does not say on which side a number is out of range; strtod does.
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const internal::Node* const nodes = tape_->nodes.data();
  std::uint32_t name = node_ + 1;
  for (std::uint32_t left = nodes[node_].count; left > 0; --left) {
    // Most names differ in length already; one with an escape is longer than what it means.
    const internal::Node& n = nodes[name];
    if ((n.escaped || n.end - n.begin - 2 == key.size()) && tape_->string(name) == key) {
      return {tape_, name + 1};
    }
    name = tape_->after(name + 1);
  }
  return {};
}

std::size_t Value::size() const {
  return is_object() || is_array() ? tape_->nodes[node_].count : 0;
}

Value::Elements Value::elements() const {
  const std::size_t count = is_array() ? size() : 0;
  return {Elements::Iterator(tape_, node_ + 1, count), Elements::Iterator(tape_, 0, 0)};
}

Value::Members Value::members() const {
  const std::size_t count = is_object() ? size() : 0;
  return {Members::Iterator(tape_, node_ + 1, count), Members::Iterator(tape_, 0, 0)};
}

Value::Elements::Iterator& Value::Elements::Iterator::operator++() {
  node_ = tape_->after(node_);
  --left_;
  return *this;
}

std::pair<std::string_view, Value> Value::Members::Iterator::operator*() const {
  return {tape_->string(node_), Value(tape_, node_ + 1)};
}

Value::Members::Iterator& Value::Members::Iterator::operator++() {
  node_ = tape_->after(node_ + 1);
  --left_;
  return *this;
}

}  // namespace larkspur::json
