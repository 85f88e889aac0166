// Short texts in which the rules of redaction have found nothing to do. Most of what a record takes
// in (names, versions, addresses) is the same in call after call, and to recognise it costs a
// fraction of looking for secrets in it again. Nothing in which a rule found something gets in
// here.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace larkspur::execlog {

// One for each thread: not thread-safe.
class KnownClean {
 public:
  static KnownClean& of_this_thread() {
    thread_local KnownClean known;
    return known;
  }

  bool contains(std::string_view text) const {
    if (text.size() > kMaxBytes) return false;
    const Slot& slot = slots_[place(text)];
    return slot.size == text.size() && std::memcmp(slot.text.data(), text.data(), text.size()) == 0;
  }

  // In the place of another one, perhaps. A longer text is not kept.
  void add(std::string_view text) {
    if (text.size() > kMaxBytes || text.empty()) return;
    Slot& slot = slots_[place(text)];
    slot.size = static_cast<std::uint8_t>(text.size());
    std::memcpy(slot.text.data(), text.data(), text.size());
  }

 private:
  static constexpr std::size_t kMaxBytes = 63;
  static constexpr unsigned kBits = 8;

  struct Slot {
    std::uint8_t size = 0;
    std::array<char, kMaxBytes> text{};
  };

  template <class Word>
  static std::uint64_t word(const char* at) {
    Word value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  // Texts that collide only cost a second look.
  static std::size_t place(std::string_view text) {
    const std::size_t size = text.size();
    const char* const begin = text.data();
    std::uint64_t hash = size;
    if (size >= 8) {
      hash ^= word<std::uint64_t>(begin) ^ std::rotl(word<std::uint64_t>(begin + size - 8), 23) ^
              std::rotl(word<std::uint64_t>(begin + (size - 8) / 2), 41);
    } else {
      for (const char c : text) hash = hash << 8 ^ static_cast<unsigned char>(c);
    }
    return (hash * 0x9e3779b97f4a7c15) >> (64 - kBits);
  }

  std::array<Slot, std::size_t{1} << kBits> slots_;
};

}  // namespace larkspur::execlog
