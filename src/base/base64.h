// Base64 (RFC 4648): the standard alphabet with padding, and the one for URLs without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larkspur {

std::string to_base64(std::string_view bytes);     // section 4, padded
std::string to_base64url(std::string_view bytes);  // section 5, not padded

// Strict, so that no two texts stand for the same bytes: no white space, exact padding (none at all
// for the URL alphabet), bits left over are zero. nullopt for everything else.
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace larkspur
