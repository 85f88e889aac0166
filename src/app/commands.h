// The program's commands. Each takes its options as plain data and gives the exit code: 0 yes, 1
// no, 2 could not. Data goes to standard output, words about the work to standard error. The log's
// commands are in app/log/commands.h.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace larkspur::app {

enum ExitCode : int { kYes = 0, kNo = 1, kCouldNot = 2 };

// Where backends and settings come from: a configuration file, an mcpServers file, or both.
struct ConfigOptions {
  std::string file;
  std::string mcp_servers;
};

struct ServeOptions {
  ConfigOptions config;
  int port = -1;           // -1: as configured
  bool code_mode = false;  // switches it on whatever the file says
  bool stdio = false;      // serve one client on standard input and output instead of HTTP
};
int serve(const ServeOptions& options);

struct CheckOptions {
  ConfigOptions config;
  bool json = false;
  bool secrets = true;  // false: do not look the references up
};
int check(const CheckOptions& options);

struct StarOptions {
  std::string file;                      // "-": standard input
  std::string mode = "flat";             // test: what to look at: parse, resolve or flat (run)
  std::vector<std::string> predeclared;  // names that exist though nothing is bound to them
  std::size_t steps = 1'000'000'000;
  std::size_t memory_mib = 512;
};
int star_run(const StarOptions& options);
int star_check(const StarOptions& options);
int star_test(const StarOptions& options);

}  // namespace larkspur::app
