// What stands below `larkspur log`, one file each: options in as plain data, the exit code out.
// command_line.cc reads the options from the command line; adding a command means a struct and a
// function here, a file of its own, and an entry there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/log/filter.h"

namespace larkspur::app::log {

// What every command of the log takes.
struct Common {
  std::string directory;  // "": the default one
  bool json = false;
};

struct ListOptions : Common {
  FilterWords filter;
  std::size_t limit = 20;
};
int list(const ListOptions& options);

struct ShowOptions : Common {
  std::string id;  // or a unique prefix of one
  bool markdown = false;
};
int show(const ShowOptions& options);

struct TailOptions : Common {
  FilterWords filter;
  std::size_t lines = 10;
  bool follow = false;
};
int tail(const TailOptions& options);

struct StatsOptions : Common {
  FilterWords filter{.all = true};
};
int stats(const StatsOptions& options);

struct ExportOptions : Common {
  FilterWords filter{.all = true};
  std::string format = "jsonl";  // or "csv", "otlp"
};
int export_records(const ExportOptions& options);

struct ImportOptions : Common {
  std::string file;  // "-": standard input
  bool append = false;
};
int import_records(const ImportOptions& options);

struct VerifyOptions : Common {
  std::vector<std::string> keys;   // public keys in hex, or files of them
  std::vector<std::string> heads;  // files: earlier copies of the log's head
  bool deep = false;
};
int verify(const VerifyOptions& options);

}  // namespace larkspur::app::log
