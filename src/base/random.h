// Identifiers that cannot be guessed, and the hash that names content.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace larkspur {

// Fills `out` from the operating system's generator (a CSPRNG). Any thread.
void random_bytes(std::span<unsigned char> out);

// 2 * bytes lower-case hex digits of fresh randomness.
std::string random_hex(std::size_t bytes);

std::string to_hex(std::span<const unsigned char> bytes);

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view data);
std::string hmac_sha256_hex(std::string_view key, std::string_view data);  // RFC 2104

}  // namespace larkspur
