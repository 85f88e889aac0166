// The rules that one key alone cannot show: names that must exist, keys that belong together, and
// what is not safe.
#pragma once

#include "config/config.h"
#include "config/reader.h"
#include "config/report.h"

namespace larkspur::config {

// Reports every rule that `config` breaks, at the place of its cause. Also settles what depends on
// other keys: a transport that was not written.
void validate(Config& config, const Places& places, Report& report);

// The rules of one backend, which stands at `path`. `transport_given`: not to be inferred.
void validate_backend(Backend& backend, const std::string& path, bool transport_given,
                      const Places& places, Report& report);

// The rules of `oauth` of one backend, which stands at `path`.
void validate_oauth(const Backend& backend, const std::string& path, const Places& places,
                    Report& report);

void validate_incoming_auth(const Config& config, const Places& places, Report& report);

// http:// or https://, then a host, and no white space or control character.
bool is_http_url(std::string_view text);

}  // namespace larkspur::config
