// Small helpers for text that everybody needs.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace larkspur {

bool is_valid_utf8(std::string_view text);

// At most `max_bytes` bytes of `text`, never cutting a code point in two.
std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes);

// `text` for one line of a terminal or a log: control characters (CR, LF, ESC, ...) become \xNN,
// and bytes that are not UTF-8 become U+FFFD, so that nothing from outside can forge a line.
std::string printable(std::string_view text);

bool equals_ignore_case(std::string_view a, std::string_view b);  // ASCII only
std::string_view trim(std::string_view text);                     // spaces, tabs, CR, LF
std::string to_lower(std::string_view text);                      // ASCII only

// Does all of `text` look like `pattern`, where * stands for any characters and ? for any one byte?
// In time proportional to the product of their lengths at worst.
bool matches_pattern(std::string_view text, std::string_view pattern);

// Damerau-Levenshtein distance, capped: anything above `limit` is returned as limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The candidate within edit distance 2 (1 for names of up to three characters) that is nearest to
// `name`; the first wins a tie. For "did you mean".
std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);

}  // namespace larkspur
