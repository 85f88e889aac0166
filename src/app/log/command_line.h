// Reads `larkspur log …` from the command line.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace larkspur::app::log {

// Adds `log` and all that stands below it to the program. When one of them is what was typed,
// parsing the command line sets `run` to it; `run` gives the exit code.
void add_commands(CLI::App& program, std::function<int()>& run);

}  // namespace larkspur::app::log
