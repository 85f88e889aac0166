#include "execlog/redaction/secret_hints.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>

#include "base/text.h"

namespace larkspur::execlog {

namespace {

// What every secret that a rule would find has somewhere; in lower case, three bytes or more.
constexpr auto kHints = std::to_array<std::string_view>({
    "passw",       "passphrase", "pwd",        "secret",        "token",    "key",
    "credential",  "kubeconfig", "dockerconf", "sig",           "x-amz-",   "authoriz",
    "cookie",      "bearer",     "basic",      "://",           "slack",    "/prometheus/",
    "certificate", "eyj",        "ltai",       "--from-litera", "sts.",     "akia",
    "asia",        "aroa",       "aida",       "ghp_",          "gho_",     "ghu_",
    "ghs_",        "ghr_",       "_pat_",      "glpat-",        "gldt-",    "glrt-",
    "glft-",       "glcbt-",     "glptt-",     "glsoat-",       "glagent-", "gloas-",
    "glimt-",      "aiza",       "ya29.",      "gocspx",        "sk-",      "k_live_",
    "k_test_",     "xox",        "xapp-",      "npm_",          "hf_",      "sg.",
    "dop_v1_",     "pypi-",
});
constexpr std::size_t kPrefix = 3;
static_assert(std::ranges::all_of(kHints, [](auto hint) { return hint.size() >= kPrefix; }));

constexpr std::array<unsigned char, 256> kLower = [] {
  std::array<unsigned char, 256> lower{};
  for (std::size_t c = 0; c < lower.size(); ++c) {
    lower[c] = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return lower;
}();

// The hash of the last three bytes; older ones are shifted out.
constexpr unsigned kMask = 0x7fff;
constexpr unsigned roll(unsigned hash, char next) {
  return ((hash << 5) ^ kLower[static_cast<unsigned char>(next)]) & kMask;
}

const std::bitset<kMask + 1>& prefixes() {
  static const auto all = [] {
    std::bitset<kMask + 1> set;
    for (const std::string_view hint : kHints) {
      unsigned hash = 0;
      for (const char c : hint.substr(0, kPrefix)) hash = roll(hash, c);
      set.set(hash);
    }
    return set;
  }();
  return all;
}

bool starts_with_a_hint(std::string_view text) {
  return std::ranges::any_of(kHints, [text](std::string_view hint) {
    return equals_ignore_case(text.substr(0, hint.size()), hint);
  });
}

}  // namespace

bool hints_at_a_secret(std::string_view text) {
  const auto& known = prefixes();
  unsigned hash = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    hash = roll(hash, text[i]);
    if (known[hash] && i + 1 >= kPrefix && starts_with_a_hint(text.substr(i + 1 - kPrefix))) {
      return true;
    }
  }
  return false;
}

}  // namespace larkspur::execlog
