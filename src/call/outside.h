// The way out of the process for tools that run inside it: HTTP requests and child processes, as
// plain data. A tool does not use this: it makes an HttpExchange or a ProcessRun (external_call.h),
// and those write the entry in the record's api_calls. The key sees to it that there is no other
// way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/result.h"

namespace larkspur::call {

struct CallContext;

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpAsk {
  std::string method = "GET";
  std::string url;     // http:// or https://
  HttpFields headers;  // Host and Content-Length are added
  std::string body;
  std::size_t max_body_bytes = std::size_t{8} << 20;  // of the answer; kTooLarge beyond
  // The call's own deadline holds as well.
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
};

struct HttpAnswer {
  int status = 0;
  HttpFields headers;
  std::string body;

  std::string_view header(std::string_view name) const;  // the first of that name; "" for none
};

struct ProcessAsk {
  std::vector<std::string> argv;           // argv[0] is looked up in PATH; no shell sees them
  std::map<std::string, std::string> env;  // added to PATH, HOME, LANG and the like, or instead
  std::string input;                       // all of stdin
  std::size_t max_stdout_bytes = std::size_t{1} << 20;  // kept, half of the head, half of the tail
  std::size_t max_stderr_bytes = std::size_t{64} << 10;
  // When it passes (or the call's own does), the process group gets SIGTERM, and SIGKILL two
  // seconds later.
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  std::function<void(std::uint64_t stdout_bytes)> on_output;  // for progress; may be empty
};

// What a process wrote to one of its streams.
struct ProcessText {
  std::string text;  // with a line that says so where the middle was left out
  std::uint64_t bytes = 0;
  bool truncated = false;
};

struct ProcessEnd {
  int pid = 0;
  int exit_code = 0;  // 0 when a signal ended it
  int signal = 0;
  bool timed_out = false;  // the deadline ended it; what it wrote until then is here
  ProcessText out, err;
};

// Thread rule: every loop at once. Cancelling a coroutine closes the connection, or kills the
// group.
class Outside {
 public:
  class Key {
    friend class HttpExchange;
    friend class ProcessRun;
    Key() {}

   public:
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
  };

  virtual ~Outside() = default;
  // Errors as net::HttpClient has them, and kInvalidArgument for a URL that is none.
  virtual Async<Result<HttpAnswer>> send(const Key& key, CallContext& context, HttpAsk ask) = 0;
  // kNotFound and kIo when the process could not be started. A process that fails has not failed to
  // run.
  virtual Async<Result<ProcessEnd>> run(const Key& key, CallContext& context, ProcessAsk ask) = 0;
};

}  // namespace larkspur::call
