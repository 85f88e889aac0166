// A child process that talks over its standard streams, in a process group of its own. Spawned with
// posix_spawn (cost does not grow with our memory); no shell ever sees the arguments.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"

namespace larkspur::net {

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  std::map<std::string, std::string>
      env;                        // added to a small allow-list of ours (PATH, HOME, LANG, ...)
  std::string working_directory;  // "" for ours
  std::size_t max_line_bytes = 64 * 1024 * 1024;
  // Called with each line of stderr (cut at 8 KiB), on the child's loop. Drained for ever, so that
  // a child never blocks on it.
  std::function<void(std::string_view line)> on_stderr;
  // Instead of that: stderr is read with read_some(), and whoever spawns must read it to its end.
  bool read_stderr = false;
};

enum class ChildStream : unsigned char { kOut, kErr };

struct ExitStatus {
  int code = 0;                  // the exit code, or 0 when a signal ended it
  int signal = 0;                // the signal that ended it, or 0
  std::string describe() const;  // "exit code 1", "signal 9 (Killed)"
};

// Lives on one loop. The destructor kills the whole process group.
class ChildProcess {
 public:
  // kNotFound when the program is not there; the message names what was looked for.
  static Result<std::unique_ptr<ChildProcess>> spawn(Executor executor, ChildOptions options);
  virtual ~ChildProcess() = default;

  virtual int pid() const = 0;
  // Writes all of `data`; writes do not interleave. kClosed when the child does not read any more.
  virtual Async<Result<void>> write(std::string data) = 0;
  // The next line of stdout without its end. kClosed at the end of the stream, kTooLarge past
  // max_line_bytes (the rest of that line is skipped; reading can go on).
  virtual Async<Result<std::string>> read_line() = 0;
  // What a stream holds next, as it comes; "" at its end. kErr needs options.read_stderr; kOut does
  // not go together with read_line(). One reader for each stream.
  virtual Async<Result<std::string>> read_some(ChildStream stream) = 0;
  // The child reads the end of its stdin. Not while a write is under way.
  virtual void close_input() = 0;
  // Waits for the exit. May be awaited by several coroutines.
  virtual Async<ExitStatus> wait() = 0;
  // Closes stdin, waits `grace`, then SIGTERM to the group, `grace` again, then SIGKILL.
  virtual Async<ExitStatus> stop(std::chrono::milliseconds grace) = 0;
  // The same without the first wait: SIGTERM at once, SIGKILL after `grace`.
  virtual Async<ExitStatus> terminate(std::chrono::milliseconds grace) = 0;
};

}  // namespace larkspur::net
