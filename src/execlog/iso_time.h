// The other direction of to_iso8601 (base/clock.h).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace larkspur::execlog {

// Reads "2026-11-20T07:36:29.123Z", with no or up to nine digits of a second (those below a
// millisecond are cut); nothing else, and no date that does not exist.
std::optional<EpochMs> from_iso8601(std::string_view text);

}  // namespace larkspur::execlog
