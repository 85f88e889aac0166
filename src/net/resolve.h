// Host names to addresses, without blocking the loop. Internal to net/.
#pragma once

#include <string>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "net/socket_io.h"

namespace larkspur::net {

// All addresses of the host, in the system's order of preference. The lookup itself cannot be
// interrupted (getaddrinfo, on a thread of Asio's); this only stops waiting for it at the deadline
// or when cancelled. kUnavailable, kTimeout, kCancelled.
Async<Result<std::vector<Tcp::endpoint>>> resolve(std::string host, std::string port,
                                                  SteadyClock::time_point deadline);

}  // namespace larkspur::net
