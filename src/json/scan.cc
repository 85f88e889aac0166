#include "json/scan.h"

#include <algorithm>
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

}  // namespace

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
