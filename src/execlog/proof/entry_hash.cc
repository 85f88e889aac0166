#include "execlog/proof/entry_hash.h"

#include <array>
#include <bit>
#include <cstring>

namespace larkspur::execlog {

namespace {

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
  static_assert(std::endian::native == std::endian::little);
  const auto bytes = std::bit_cast<std::array<char, sizeof(value)>>(std::byteswap(value));
  out.append(bytes.data(), bytes.size());
}

}  // namespace

void EntryHasher::begin(std::int64_t seq, std::int64_t kind, std::string_view json) {
  bytes_.assign(1, kLeafPrefix);
  add(seq);
  add(kind);
  add(json);
}

void EntryHasher::add(const sqlite::Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    add(*number);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    add(*text);
  } else {
    bytes_ += 'n';
  }
}

void EntryHasher::add(std::int64_t number) {
  bytes_ += 'i';
  append_big_endian(bytes_, static_cast<std::uint64_t>(number));
}

void EntryHasher::add(std::string_view text) {
  bytes_ += 't';
  append_big_endian(bytes_, static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
}

void EntryHasher::add_foreign() {
  bytes_ += 'x';
}

Hash EntryHasher::finish() {
  return sha256_(bytes_);
}

}  // namespace larkspur::execlog
