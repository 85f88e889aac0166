// What clients are asked for, made of the configuration.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "config/config.h"
#include "mcp/auth/resource_server.h"

namespace larkspur::app {

// nullptr where everybody is anonymous. `report` takes a line for the operator; any loop.
std::unique_ptr<mcp::auth::ResourceServer> make_resource_server(
    const config::Config& config, std::function<void(std::string_view line)> report);

}  // namespace larkspur::app
