#include "json/scan.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "json/grammar.h"
#include "json/keys.h"

namespace larkspur::json {

namespace {

using internal::Fault;
using internal::Reader;
using internal::to_error;

struct NoSink {
  void open(Type, std::size_t) {}
  void close(std::size_t) {}
  void key(std::size_t, std::size_t, bool) {}
  void scalar(Type, std::size_t, std::size_t, bool) {}
};

// Keeps the members at depth one.
class MemberSink {
 public:
  explicit MemberSink(std::string_view text) : text_(text) {
    members_.reserve(kUsual);
    key_places_.reserve(kUsual);
  }

  void open(Type type, std::size_t at) {
    if (depth_ == 0) is_object_ = type == Type::kObject;
    if (depth_ == 1) value_at_ = at;
    ++depth_;
  }
  void close(std::size_t end) {
    if (--depth_ == 1) value(value_at_, end);
  }
  void key(std::size_t at, std::size_t end, bool escaped) {
    if (depth_ != 1) return;
    key_places_.push_back(at);
    Member& member = members_.emplace_back();
    const std::string_view literal = text_.substr(at, end - at);
    if (escaped) {
      internal::unescape(literal, member.key);
    } else {
      member.key = literal.substr(1, literal.size() - 2);
    }
  }
  void scalar(Type, std::size_t at, std::size_t end, bool) {
    if (depth_ == 1) value(at, end);
  }

  bool is_object() const { return is_object_; }
  std::optional<Fault> duplicate_key() const {
    const auto key_of = [this](std::size_t i) { return std::string_view(members_[i].key); };
    const auto second = internal::find_duplicate(members_.size(), key_of);
    if (!second) return std::nullopt;
    return Fault{key_places_[*second], internal::kDuplicateKey};
  }
  std::vector<Member> take() { return std::move(members_); }

 private:
  static constexpr std::size_t kUsual = 8;  // few objects have more members

  void value(std::size_t at, std::size_t end) {
    if (is_object_) members_.back().raw = text_.substr(at, end - at);
  }

  std::string_view text_;
  std::vector<Member> members_;
  std::vector<std::size_t> key_places_;
  std::size_t depth_ = 0;
  std::size_t value_at_ = 0;
  bool is_object_ = false;
};

// Walks over text that is JSON.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // Nothing where a closer look is due: no object, or a key that is spelled with an escape.
  std::optional<std::vector<Member>> split() {
    std::vector<Member> members;
    members.reserve(8);
    skip_space();
    if (at_ == end_ || *at_ != '{') return std::nullopt;
    for (;;) {
      go_to('"');
      if (at_ == end_) return members;
      const std::string_view key = take(&Splitter::string);
      if (key.size() < 2 || key.contains('\\')) return std::nullopt;
      go_to(':');
      if (at_ < end_) ++at_;
      skip_space();
      members.push_back({std::string(key.substr(1, key.size() - 2)), take(&Splitter::value)});
    }
  }

 private:
  void skip_space() {
    while (at_ < end_ && std::string_view(" \n\r\t").contains(*at_)) ++at_;
  }
  void go_to(char c) {
    while (at_ < end_ && *at_ != c) ++at_;
  }
  std::string_view take(void (Splitter::*what)()) {
    const char* const begin = at_;
    (this->*what)();
    return {begin, at_};
  }
  void string() {
    for (++at_;;) {
      const void* const quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
      if (quote == nullptr) {
        at_ = end_;
        return;
      }
      const char* before = at_;
      at_ = static_cast<const char*>(quote) + 1;
      const char* backslash = at_ - 1;
      while (backslash > before && backslash[-1] == '\\') --backslash;
      if ((at_ - 1 - backslash) % 2 == 0) return;
    }
  }
  void value() {
    std::size_t depth = 0;
    while (at_ < end_) {
      switch (*at_) {
        case '"':
          string();
          if (depth == 0) return;
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          if (depth == 0) return;  // of a scalar that is the last one
          if (--depth > 0) break;
          ++at_;
          return;
        case ',':
        case ' ':
        case '\n':
        case '\r':
        case '\t':
          if (depth == 0) return;
          break;
        default:
          break;
      }
      ++at_;
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace

Result<std::vector<Member>> split_object(std::string_view text) {
  auto members = Splitter(text).split();
  if (!members) return scan_object(text);
  const auto key_of = [&](std::size_t i) { return std::string_view((*members)[i].key); };
  if (internal::find_duplicate(members->size(), key_of)) return scan_object(text);
  return *std::move(members);
}

Result<void> check(std::string_view text) {
  NoSink sink;
  if (const auto fault = Reader(text, sink).read()) return fail(to_error(text, *fault));
  return {};
}

Result<std::vector<Member>> scan_object(std::string_view text) {
  MemberSink sink(text);
  if (const auto fault = Reader(text, sink).read()) return fail(to_error(text, *fault));
  if (!sink.is_object()) {
    return fail(to_error(text, {text.find_first_not_of(" \t\r\n"), "expected an object"}));
  }
  if (const auto fault = sink.duplicate_key()) return fail(to_error(text, *fault));
  return sink.take();
}

std::string_view find_member(const std::vector<Member>& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? std::string_view{} : found->raw;
}

}  // namespace larkspur::json
