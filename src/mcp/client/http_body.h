// Bodies and statuses of HTTP answers, in the words of this room.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/async.h"
#include "base/result.h"
#include "net/http_client.h"

namespace larkspur::mcp {

bool has_content_type(const net::Headers& headers, std::string_view type);

// The whole body. kTooLarge when it is longer than `max_bytes`; kTimeout and kCancelled.
Async<Result<std::string>> read_body(net::HttpBodyStream& body, std::size_t max_bytes,
                                     SteadyClock::time_point deadline);

// Reads what little may be left, so that the connection can be used again; gives up soon.
Async<void> drain(std::unique_ptr<net::HttpBodyStream> body);

// What a status that is not a success means, where the body does not say more. `place` names the
// server, `body` is quoted.
Error status_error(int status, const net::Headers& headers, std::string_view place,
                   std::string_view body);

}  // namespace larkspur::mcp
