// The program's commands. Each takes its options as plain data and gives the exit code: 0 yes, 1
// no, 2 could not. Data goes to standard output, words about the work to standard error. The log's
// commands are in app/log/commands.h.
#pragma once

#include <cstddef>
#include <optional>
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

struct LoginOptions {
  ConfigOptions config;
  std::string backend;
  int timeout_s = 300;  // for the person at the browser
};
int login(const LoginOptions& options);

struct StarOptions {
  std::string file;  // "-": standard input
  // test: what to do with the file. parse, resolve: look at it only. flat, go: run it; go as
  // starlark-go's own tests want it.
  std::string mode = "flat";
  std::string dialect;  // "larkspur", "go", or "" for what the mode wants
  // What the language has beyond its core: set, while, toplevelcontrol, globalreassign, recursion,
  // loadbindsglobally. Not given: what the dialect has.
  std::optional<std::vector<std::string>> features;
  std::vector<std::string> predeclared;  // names that exist though nothing is bound to them
  std::size_t steps = 1'000'000'000;
  std::size_t memory_mib = 512;
  bool stress = false;  // collect garbage wherever that is possible
};
int star_run(const StarOptions& options);
int star_check(const StarOptions& options);
int star_test(const StarOptions& options);
// Formats files in place, or says which are not formatted.
struct StarFmtOptions {
  std::vector<std::string> files;  // "-": standard input to standard output
  bool check = false;
};
int star_fmt(const StarFmtOptions& options);
// Reads statements from standard input and runs them, one after the other.
int star_repl(const StarOptions& options);

}  // namespace larkspur::app
