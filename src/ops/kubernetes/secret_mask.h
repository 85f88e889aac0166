// Takes the values of Secrets out of what kubectl printed as YAML or JSON. The policy refuses the
// commands that would show a Secret; this is for those that show one by the way, such as apply -f -
// with -o yaml.
#pragma once

#include <string>
#include <string_view>

namespace larkspur::ops {

inline constexpr std::string_view kMasked = "[REDACTED]";

// The values below `data` and `stringData`, and the annotation that repeats them, of every object
// in `text` once one object in it is a Secret or a list of them; otherwise `text` as it is. Where
// something is not as kubectl prints it, more is masked, not less. Idempotent.
std::string mask_secrets(std::string text);

// `describe` shows sizes instead of values, but for the token of a service account.
std::string mask_described(std::string text);

// What `diff` says of a Secret: that it differs. Old versions of kubectl show how, and new ones the
// annotation that repeats the values, where it stands near.
std::string mask_diff(std::string_view text);

}  // namespace larkspur::ops
