// What the ExecutionLog costs and how fast it is, beside plain SQLite that writes the same bytes.
//
//   bench_execlog [--records N] [--rounds N] [--directory DIR]
//
// Rounds are interleaved: in each, plain SQLite and the log write the same records. Medians.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "execlog/form/json_form.h"
#include "execlog/log.h"
#include "execlog/proof/verify.h"
#include "execlog/store/sqlite_reader.h"
#include "execlog/store/sqlite_store.h"

namespace {

using namespace larkspur;
using namespace larkspur::execlog;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Options {
  std::int64_t records = 5'000'000;  // for the questions
  std::int64_t each = 200'000;       // for one measurement of writing
  int rounds = 5;
  std::string directory = "/tmp";
};

void require(bool condition, std::string_view what) {
  if (condition) return;
  fmt::print(stderr, "bench_execlog: {}\n", what);
  std::exit(1);
}
template <class T>
T take(Result<T> result) {
  if (!result) require(false, result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double seconds_of(const std::function<void()>& work) {
  const Stopwatch stopwatch;
  work();
  return std::chrono::duration<double>(stopwatch.elapsed()).count();
}

double cpu(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
double thread_cpu() {
  return cpu(CLOCK_THREAD_CPUTIME_ID);
}
double process_cpu() {
  return cpu(CLOCK_PROCESS_CPUTIME_ID);
}

struct Written {
  double seconds = 0;     // from the first record to the last one in the store
  double caller_cpu = 0;  // seconds: of the thread that calls
  double writer_cpu = 0;  // of all that writes
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One call as the gateway makes it: its request, one external call, sometimes a failure.
OpenInfo info_of(std::int64_t number) {
  OpenInfo info{.tool_name = fmt::format("tool_{}", number % 50), .scope = "backend"};
  info.request = {.jsonrpc_id = number,
                  .protocol_version = "2026-07-28",
                  .session_id = {},
                  .transport = Transport::kStreamableHttp,
                  .client_name = "bench",
                  .client_version = "1.0",
                  .client_address = "127.0.0.1",
                  .arguments_digest = "sha256:" + std::string(64, 'a')};
  info.principal.id = fmt::format("user-{}", number % 20);
  return info;
}

void work(Recording& recording, std::int64_t number) {
  recording.set_trace("4bf92f3577b34da6a3ce929d0e0e4736", {}, {});
  ApiCallTimer timer = recording.begin_api_call({.api = "tools/call",
                                                 .details = McpCall{.backend = "backend",
                                                                    .mcp_method = "tools/call",
                                                                    .tool = "tool",
                                                                    .transport = "streamable-http",
                                                                    .request_bytes = 300,
                                                                    .response_bytes = 300}});
  timer.finish(ApiStatus::kSuccess);
  recording.set_result({.is_error = false, .size_bytes = 300});
  if (number % 100 == 7) {
    recording.fail({.error = "the backend answered with an error",
                    .error_type = "tool_error",
                    .error_code = "tool_error",
                    .stage = FailureStage::kBackendCall});
  } else {
    recording.succeed();
  }
}

class Directory {
 public:
  explicit Directory(const Options& options) {
    std::string pattern = options.directory + "/bench-execlog-XXXXXX";
    require(mkdtemp(pattern.data()) != nullptr, "cannot make a directory in " + options.directory);
    path = pattern;
  }
  ~Directory() { fs::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string path;
};

// What the log's payloads are: the bytes that plain SQLite has to write as well.
std::vector<std::string> payloads(std::int64_t count) {
  struct Keep : Store {
    explicit Keep(std::vector<std::string>& to) : texts(to) {}
    Result<void> append(const Batch& batch) override {
      for (Record* record : batch.records) texts.push_back(to_bounded_json(*record));
      return {};
    }
    std::vector<std::string>& texts;
  };
  std::vector<std::string> texts;
  Log log(std::make_unique<Keep>(texts), {.overflow = Overflow::kWait});
  for (std::int64_t i = 0; i < count; ++i) {
    Recording recording = log.open(info_of(i));
    work(recording, i);
  }
  take(log.flush(60s));
  return texts;
}

// The same texts into one table, `batch` in a transaction.
Written plain_sqlite(const Options& options, const std::vector<std::string>& texts, bool forced,
                     std::size_t batch) {
  const Directory directory(options);
  auto database = take(sqlite::Database::open(directory.path + "/plain.db",
                                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  take(database.execute(
      "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000"));
  take(database.execute(forced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
  take(database.execute("CREATE TABLE payload (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)"));
  auto insert = take(database.prepare("INSERT INTO payload VALUES (?,?)"));
  const double before = process_cpu();
  const double seconds = seconds_of([&] {
    for (std::size_t at = 0; at < texts.size();) {
      take(database.execute("BEGIN"));
      for (const std::size_t end = std::min(at + batch, texts.size()); at < end; ++at) {
        insert.bind(1, static_cast<std::int64_t>(at) + 1);
        insert.bind(2, std::string_view(texts[at]));
        take(insert.run());
      }
      take(database.execute("COMMIT"));
    }
  });
  return {.seconds = seconds, .writer_cpu = process_cpu() - before};
}

// Calls as fast as one thread can make them; the writer keeps up, or holds it back.
Written async_log(const std::string& directory, std::int64_t count) {
  Log log(take(SqliteStore::open({.directory = directory})),
          {.overflow = Overflow::kWait,
           .on_trouble = [](std::string_view text) { fmt::print(stderr, "{}\n", text); }});
  Written written;
  double waited = 0;
  const double all_before = process_cpu(), before = thread_cpu();
  written.seconds = seconds_of([&] {
    for (std::int64_t i = 0; i < count; ++i) {
      if (!log.ready()) {
        const double begin = thread_cpu();
        while (!log.ready()) std::this_thread::sleep_for(1ms);
        waited += thread_cpu() - begin;
      }
      Recording recording = log.open(info_of(i));
      recording.announce();
      work(recording, i);
    }
    written.caller_cpu = thread_cpu() - before - waited;
    take(log.flush(600s));
  });
  written.writer_cpu = process_cpu() - all_before - (thread_cpu() - before);
  return written;
}

// `callers` calls at a time on one loop, each of which waits for its intent and for its record.
Written durable_log(const Options& options, std::int64_t count, int callers, double* latency_ms) {
  const Directory directory(options);
  Log log(take(SqliteStore::open({.directory = directory.path + "/log", .durable = true})),
          {.overflow = Overflow::kWait, .durable = true});
  EventLoop loop;
  std::int64_t next = 0;
  std::vector<double> latencies;
  const auto caller = [&]() -> Async<> {
    while (next < count) {
      const std::int64_t number = next++;
      const Stopwatch stopwatch;
      Recording recording = log.open(info_of(number));
      take(co_await recording.announce_durably());
      work(recording, number);
      take(co_await recording.close_durably());
      latencies.push_back(std::chrono::duration<double, std::milli>(stopwatch.elapsed()).count());
    }
  };
  Written written;
  const double all_before = process_cpu(), before = thread_cpu();
  written.seconds = seconds_of([&] {
    for (int i = 0; i < callers; ++i) asio::co_spawn(loop, caller(), asio::detached);
    const auto work_guard = asio::make_work_guard(loop);
    while (static_cast<std::int64_t>(latencies.size()) < count) loop.run_one();
    loop.poll();
  });
  *latency_ms = median(latencies);
  written.caller_cpu = thread_cpu() - before;
  written.writer_cpu = process_cpu() - all_before - written.caller_cpu;
  return written;
}

void line(std::string_view what, double value, std::string_view unit,
          std::string_view beside = "") {
  fmt::print("{:<58}{:>12.1f} {:<12}{}\n", what, value, unit, beside);
  std::fflush(stdout);
}

void writing(const Options& options) {
  const std::vector<std::string> texts = payloads(options.each);
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  const double count = static_cast<double>(texts.size());
  fmt::print("{} records a measurement, {:.0f} bytes each, median of {} rounds\n\n", texts.size(),
             static_cast<double>(bytes) / count, options.rounds);
  constexpr int kCallers = 2048;
  // Of each leg: records a second, and microseconds of CPU a record.
  struct Leg {
    std::vector<double> rate, writer, caller;
    void add(const Written& written, double count) {
      rate.push_back(count / written.seconds);
      writer.push_back(written.writer_cpu * 1e6 / count);
      caller.push_back(written.caller_cpu * 1e6 / count);
    }
  };
  Leg plain, async, forced, durable;
  std::vector<double> latency;
  for (int round = 0; round < options.rounds; ++round) {
    const Directory directory(options);
    plain.add(plain_sqlite(options, texts, false, 2048), count);
    async.add(async_log(directory.path + "/log", options.each), count);
    forced.add(plain_sqlite(options, texts, true, kCallers), count);
    double latency_ms = 0;
    durable.add(durable_log(options, options.each, kCallers, &latency_ms), count);
    latency.push_back(latency_ms);
  }
  fmt::print("{:<50}{:>12}{:>14}{:>14}\n", "", "records/s", "us to write", "us to record");
  const auto row = [](std::string_view name, const Leg& leg, bool has_caller) {
    fmt::print("{:<50}{:>12.0f}{:>14.2f}{:>14}\n", name, median(leg.rate), median(leg.writer),
               has_caller ? fmt::format("{:.2f}", median(leg.caller)) : "");
  };
  row("plain SQLite, the same bytes, 2048 a transaction", plain, false);
  row("the log, async", async, true);
  row("plain SQLite, each transaction forced to the disk", forced, false);
  row(fmt::format("the log, before_reply, {} calls at a time", kCallers), durable, true);
  fmt::print("\n");
  line("before_reply, from a call's start to its record on the disk", median(latency), "ms");
  double alone_ms = 0;
  durable_log(options, std::min<std::int64_t>(options.each, 2000), 1, &alone_ms);
  line("  the same with 1 call at a time", alone_ms, "ms");
}

void reading(const Options& options) {
  const Directory directory(options);
  const std::string log_directory = directory.path + "/log";
  const double seconds = async_log(log_directory, options.records).seconds;
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(log_directory)) bytes += entry.file_size();
  fmt::print("\n{} records, {:.2f} GB with indexes, written at {:.0f} records/s\n\n",
             options.records, static_cast<double>(bytes) * 1e-9,
             static_cast<double>(options.records) / seconds);

  SqliteReader reader(log_directory);
  const std::string some_id =
      take(reader.list({.tool = "tool_3", .limit = 1})).at(0).record.tool_call_id;
  const auto ask = [&](std::string_view what, const std::function<void()>& question) {
    std::vector<double> times;
    for (int round = 0; round < options.rounds; ++round)
      times.push_back(seconds_of(question) * 1e3);
    line(what, median(times), "ms");
  };
  ask("the newest 50", [&] { take(reader.list({})); });
  ask("the newest 50 of one tool", [&] { take(reader.list({.tool = "tool_7"})); });
  ask("the newest 50 that failed", [&] { take(reader.list({.status = Status::kFailed})); });
  ask("a status that never came", [&] { take(reader.list({.status = Status::kTimeout})); });
  ask("a tool that never was", [&] { take(reader.list({.tool = "nothing"})); });
  ask("one record by its id", [&] { take(reader.find(some_id)); });
  ask("the calls of a script that made none", [&] { take(reader.children(some_id)); });

  const double proving = seconds_of([&] {
    const VerifyReport report = take(verify(log_directory, {}));
    require(report.damage_count == 0 && report.records == options.records, "the log is not proven");
  });
  line("larkspur log verify", static_cast<double>(options.records) / proving, "records/s");
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], text = argv[i + 1];
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (name == "--records")
      options.records = number;
    else if (name == "--each")
      options.each = number;
    else if (name == "--rounds")
      options.rounds = static_cast<int>(number);
    else if (name == "--directory")
      options.directory = text;
    else
      require(false, "options: --records N, --each N, --rounds N, --directory DIR");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  writing(options);
  if (options.records > 0) reading(options);
}
