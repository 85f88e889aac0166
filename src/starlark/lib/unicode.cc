#include "starlark/lib/unicode.h"

#include <algorithm>
#include <span>

namespace larkspur::starlark {
namespace {

// Letters with case from `first` to `last`. delta > 0: these are upper case, the lower case of each
// is delta further on. delta 0: upper and lower alternate, beginning with an upper one.
struct CaseRange {
  char32_t first, last;
  char32_t delta;
};
constexpr CaseRange kCaseRanges[] = {
    {0x41, 0x5a, 32},     {0xc0, 0xd6, 32},   {0xd8, 0xde, 32},    {0x100, 0x12f, 0},
    {0x132, 0x137, 0},    {0x139, 0x148, 0},  {0x14a, 0x177, 0},   {0x179, 0x17e, 0},
    {0x1cd, 0x1dc, 0},    {0x1de, 0x1ef, 0},  {0x1f8, 0x21f, 0},   {0x222, 0x233, 0},
    {0x246, 0x24f, 0},    {0x370, 0x373, 0},  {0x376, 0x377, 0},   {0x386, 0x386, 38},
    {0x388, 0x38a, 37},   {0x38c, 0x38c, 64}, {0x38e, 0x38f, 63},  {0x391, 0x3a1, 32},
    {0x3a3, 0x3ab, 32},   {0x3d8, 0x3ef, 0},  {0x400, 0x40f, 80},  {0x410, 0x42f, 32},
    {0x460, 0x481, 0},    {0x48a, 0x4bf, 0},  {0x4c0, 0x4c0, 15},  {0x4c1, 0x4ce, 0},
    {0x4d0, 0x52f, 0},    {0x531, 0x556, 48}, {0x1e00, 0x1e95, 0}, {0x1ea0, 0x1eff, 0},
    {0xff21, 0xff3a, 32},
};

// Letters whose way back is another one.
struct CasePair {
  char32_t from, to;
};
constexpr CasePair kOneWayUpper[] = {
    {0xb5, 0x39c}, {0xff, 0x178}, {0x131, 'I'}, {0x17f, 'S'}, {0x3c2, 0x3a3}};
constexpr CasePair kOneWayLower[] = {{0x130, 'i'}, {0x178, 0xff}, {0x1e9e, 0xdf}};

// Digraphs come in threes: upper, title and lower case, one after the other.
constexpr char32_t kDigraphs[] = {0x1c4, 0x1c7, 0x1ca, 0x1f1};

// The first of the three that c is one of, or 0.
char32_t digraph(char32_t c) {
  for (char32_t first : kDigraphs) {
    if (c >= first && c <= first + 2) return first;
  }
  return 0;
}

struct Range {
  char32_t first, last;
};
constexpr Range kLetters[] = {
    {0xaa, 0xaa},       {0xb5, 0xb5},     {0xba, 0xba},     {0xc0, 0xd6},     {0xd8, 0xf6},
    {0xf8, 0x2c1},      {0x370, 0x374},   {0x376, 0x377},   {0x37a, 0x37d},   {0x37f, 0x37f},
    {0x386, 0x386},     {0x388, 0x3f5},   {0x3f7, 0x481},   {0x48a, 0x52f},   {0x531, 0x556},
    {0x561, 0x587},     {0x5d0, 0x5ea},   {0x620, 0x64a},   {0x671, 0x6d3},   {0x904, 0x939},
    {0xe01, 0xe30},     {0x1100, 0x11ff}, {0x1e00, 0x1fbc}, {0x3041, 0x3096}, {0x30a1, 0x30fa},
    {0x3400, 0x4dbf},   {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xff21, 0xff3a}, {0xff41, 0xff5a},
    {0x20000, 0x323af},
};
constexpr char32_t kZeros[] = {0x660, 0x6f0, 0x966, 0xff10};  // of each row of ten digits
constexpr Range kSpaces[] = {{0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
                             {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                             {0x205f, 0x205f}, {0x3000, 0x3000}};

bool contains(std::span<const Range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range r) { return c >= r.first && c <= r.last; });
}

char32_t one_way(std::span<const CasePair> pairs, char32_t c) {
  const auto found = std::ranges::find(pairs, c, &CasePair::from);
  return found == pairs.end() ? 0 : found->to;
}

bool is_ascii_letter(char32_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

}  // namespace

char32_t to_upper(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  if (const char32_t other = one_way(kOneWayUpper, c)) return other;
  if (const char32_t first = digraph(c)) return first;
  for (const CaseRange& r : kCaseRanges) {
    if (r.delta != 0 && c >= r.first + r.delta && c <= r.last + r.delta) return c - r.delta;
    if (r.delta == 0 && c >= r.first && c <= r.last) return (c - r.first) % 2 == 1 ? c - 1 : c;
  }
  return c;
}

char32_t to_lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (const char32_t other = one_way(kOneWayLower, c)) return other;
  if (const char32_t first = digraph(c)) return first + 2;
  for (const CaseRange& r : kCaseRanges) {
    if (c < r.first || c > r.last) continue;
    if (r.delta != 0) return c + r.delta;
    return (c - r.first) % 2 == 0 ? c + 1 : c;
  }
  return c;
}

char32_t to_title(char32_t c) {
  const char32_t first = digraph(c);
  return first != 0 ? first + 1 : to_upper(c);
}

bool is_letter(char32_t c) {
  return c < 0x80 ? is_ascii_letter(c) : contains(kLetters, c);
}

bool is_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return std::ranges::any_of(kZeros, [c](char32_t zero) { return c >= zero && c < zero + 10; });
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return contains(kSpaces, c);
}

}  // namespace larkspur::starlark
