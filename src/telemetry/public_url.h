// A URL as telemetry may show it: without what may be secret in it, which is user and password,
// query and fragment.
#pragma once

#include <string>
#include <string_view>

namespace larkspur::telemetry {

std::string public_url(std::string_view url);

}  // namespace larkspur::telemetry
