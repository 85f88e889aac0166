// Kubernetes' notation of amounts: "100m" cores, "1.5Gi" of memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larkspur::ops {

// In units (cores, bytes): digits with an optional fraction, then n, u, m, k, M, G, T, P, E, Ki ...
// Ei, or an exponent (apimachinery's resource.Quantity). nullopt for anything else, and for
// negative amounts, which no resource has.
std::optional<double> parse_quantity(std::string_view text);

inline constexpr double kMebibyte = 1024.0 * 1024.0;

}  // namespace larkspur::ops
