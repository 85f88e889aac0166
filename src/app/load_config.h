// The configuration of a command, from its files to one checked Config.
#pragma once

#include <expected>

#include "app/commands.h"
#include "config/load.h"

namespace larkspur::app {

config::Checked<config::Config> load_config(const ConfigOptions& options,
                                            const config::LoadOptions& how = {});

// Where the ExecutionLog lies when nobody says otherwise: $XDG_STATE_HOME/larkspur, else
// ~/.local/state/larkspur.
std::string default_log_directory();

}  // namespace larkspur::app
