#include "execlog/proof/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/random.h"

namespace larkspur::execlog {

namespace {

constexpr std::string_view kTitle = "larkspur checkpoint 1\n";
constexpr std::string_view kSignature = "signature ";
constexpr std::array<std::string_view, 4> kStates{"open", "recovered", "sealed", "closed"};

// Takes "name value\n" lines off the front of a text; remembers the first that is not as it should.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::string_view value(std::string_view name) {
    if (!wrong_.empty()) return {};
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    if (end == std::string_view::npos || !line.starts_with(name) ||
        line.size() <= name.size() + 1 || line[name.size()] != ' ') {
      wrong_ = name;
      return {};
    }
    rest_.remove_prefix(end + 1);
    return line.substr(name.size() + 1);
  }
  std::int64_t number(std::string_view name) {
    const std::string_view text = value(name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) wrong_ = name;
    return number;
  }
  Hash hash(std::string_view name) {
    const auto hash = hash_from_hex(value(name));
    if (!hash) wrong_ = name;
    return hash.value_or(Hash{});
  }
  CheckpointState state(std::string_view name) {
    const auto* const word = std::ranges::find(kStates, value(name));
    if (word == kStates.end()) wrong_ = name;
    return word == kStates.end() ? CheckpointState::kOpen
                                 : static_cast<CheckpointState>(word - kStates.begin());
  }
  void done() {
    if (wrong_.empty() && !rest_.empty()) wrong_ = "end";
  }
  std::string_view wrong() const { return wrong_; }

 private:
  std::string_view rest_, wrong_;
};

}  // namespace

std::string_view to_string(CheckpointState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::string to_text(const Checkpoint& checkpoint) {
  return fmt::format(
      "{}number {}\npartition {}\nsize {}\nroot {}\ntime {}\nstate {}\nprevious {}\nkey {}\n",
      kTitle, checkpoint.number, checkpoint.partition, checkpoint.size, to_hex(checkpoint.root),
      checkpoint.time, to_string(checkpoint.state), to_hex(checkpoint.previous),
      to_hex(checkpoint.key));
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (!text.starts_with(kTitle)) {
    return fail(ErrorCode::kParse,
                "a checkpoint begins with 'larkspur checkpoint 1'; this does not");
  }
  Lines lines(text.substr(kTitle.size()));
  Checkpoint checkpoint;
  checkpoint.number = lines.number("number");
  checkpoint.partition = lines.number("partition");
  checkpoint.size = lines.number("size");
  checkpoint.root = lines.hash("root");
  checkpoint.time = lines.number("time");
  checkpoint.state = lines.state("state");
  checkpoint.previous = lines.hash("previous");
  checkpoint.key = lines.hash("key");
  lines.done();
  // Numbers with leading zeros would be a second way to write the same.
  if (lines.wrong().empty() && to_text(checkpoint) == text) return checkpoint;
  return fail(ErrorCode::kParse,
              fmt::format("a checkpoint's line '{}' is not as it should be",
                          lines.wrong().empty() ? std::string_view("number") : lines.wrong()));
}

Hash digest_of(std::string_view body, const Signature& signature) {
  std::string bytes(body);
  bytes.append(reinterpret_cast<const char*>(signature.data()), signature.size());
  return Sha256()(bytes);
}

std::string to_text(const SignedCheckpoint& checkpoint) {
  return fmt::format("{}{}{}\n", checkpoint.body, kSignature, to_hex(checkpoint.signature));
}

Result<SignedCheckpoint> parse_signed_checkpoint(std::string_view text) {
  SignedCheckpoint checkpoint;
  const std::size_t last = text.rfind(kSignature);
  constexpr std::size_t kHalf = 2 * sizeof(Hash);
  if (last != std::string_view::npos && text.size() == last + kSignature.size() + 2 * kHalf + 1 &&
      text.ends_with('\n')) {
    const std::string_view hex = text.substr(last + kSignature.size(), 2 * kHalf);
    const auto first = hash_from_hex(hex.substr(0, kHalf));
    const auto second = hash_from_hex(hex.substr(kHalf));
    if (first && second) {
      checkpoint.body = text.substr(0, last);
      std::ranges::copy(*first, checkpoint.signature.begin());
      std::ranges::copy(*second, checkpoint.signature.begin() + sizeof(Hash));
      return checkpoint;
    }
  }
  return fail(ErrorCode::kParse, "a checkpoint's file ends with 'signature ' and 128 hex digits");
}

}  // namespace larkspur::execlog
