// What Starlark's string methods ask of a code point, by small tables of our own.
//
// Exact for ASCII. Case: one code point to one (no "SS" for "ß") in Latin (1, Extended-A, most of
// Extended-B, Additional), Greek without its accented archaic forms, Cyrillic, Armenian and
// full-width Latin; other letters have no case here. Letters: these, and the main blocks of Hebrew,
// Arabic, Devanagari, Thai, Hangul, Kana and Han. Digits: ASCII, Arabic-Indic, Devanagari,
// full-width. White space: all of Unicode's.
#pragma once

namespace larkspur::starlark {

char32_t to_upper(char32_t c);
char32_t to_lower(char32_t c);
char32_t to_title(char32_t c);  // to_upper, but for the digraphs: U+01C8 for U+01C7 and U+01C9
bool is_letter(char32_t c);
bool is_digit(char32_t c);
bool is_space(char32_t c);
inline bool is_upper(char32_t c) {
  return to_lower(c) != c;
}
inline bool is_lower(char32_t c) {
  return to_upper(c) != c;
}

}  // namespace larkspur::starlark
