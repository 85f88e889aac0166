// What stands below `larkspur log`, one file each: options in as plain data, the exit code out.
// command_line.cc reads the options from the command line; adding a command means a struct and a
// function here, a file of its own, and an entry there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace larkspur::app::log {

// What every command of the log takes.
struct Common {
  std::string directory;  // "": the default one
  bool json = false;
};

struct ListOptions : Common {
  std::string tool;
  std::string status;
  std::string since;  // "2h", "30m", or ISO 8601
  std::size_t limit = 20;
  bool all = false;  // inner calls too
};
int list(const ListOptions& options);

struct ShowOptions : Common {
  std::string id;  // or a unique prefix of one
};
int show(const ShowOptions& options);

struct VerifyOptions : Common {
  std::vector<std::string> keys;   // public keys in hex, or files of them
  std::vector<std::string> heads;  // files: earlier copies of the log's head
  bool deep = false;
};
int verify(const VerifyOptions& options);

}  // namespace larkspur::app::log
