// Our side of the comparison.
//
//   bench_starlark run FILE             what it prints goes to stdout; default limits, but for
//   steps bench_starlark measure FILE SOURCE  costs of embedding as JSON: of the script, of
//   compiling SOURCE bench_starlark hostile              costs of the tests' hostile scripts; in
//   the source's root
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <thread>

#include "starlark/hostile_for_test.h"
#include "starlark/starlark.h"

namespace {

using namespace larkspur::starlark;
using Clock = std::chrono::steady_clock;
using Text = std::string;

constexpr std::size_t kWaiting = 10'000;  // scripts that wait at once

[[noreturn]] void die(const Text& message) {
  fmt::print(stderr, "{}\n", message);
  std::exit(1);
}

Text read(const char* path) {
  std::ifstream file(path);
  if (!file) die(Text("cannot read ") + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<const Program> compile(const Text& source, std::vector<Text> predeclared = {}) {
  auto program = Program::compile(
      source, {.predeclared = std::move(predeclared), .max_source_bytes = std::size_t{64} << 20});
  if (!program) die(program.error().front().render("script.star"));
  return *program;
}

Limits limits() {
  Limits all;
  all.steps = std::numeric_limits<std::int64_t>::max();
  return all;
}

State run(Machine& machine) {
  State state = State::kYielded;
  while (state == State::kYielded) state = machine.run();
  if (state == State::kFailed) die(machine.error().render("script.star"));
  return state;
}

void run_file(const char* path) {
  Machine machine(compile(read(path)), limits(), {});
  run(machine);
  fmt::print("{}", machine.printed());
}

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// The time of one call in the best of the rounds, in microseconds: rounds are short, so that the
// best of them had the core for itself.
double best(int rounds, int calls, const std::function<void()>& action) {
  double found = std::numeric_limits<double>::max();
  for (int round = 0; round < rounds; ++round) {
    Clock::time_point begin = Clock::now();
    for (int call = 0; call < calls; ++call) action();
    found = std::min(found, microseconds(Clock::now() - begin) / calls);
  }
  return found;
}

// Resident memory of the process.
std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * 4096;
}

struct Waiting {
  double start_us, resume_us, bytes;
};

// Scripts that each wait for a call of the host. They end up in `machines`, so that the memory of
// one measurement is not there for the next.
Waiting measure_waiting(const Text& source, std::vector<Machine>& machines) {
  auto program = compile(source, {"tool"});
  HostFunctions functions(std::vector<HostFunction>{{.name = "tool"}});
  machines.reserve(kWaiting);
  std::size_t before = resident_bytes();
  Clock::time_point begin = Clock::now();
  for (std::size_t i = 0; i < kWaiting; ++i) {
    machines.emplace_back(program, Limits{}, functions);
    if (run(machines.back()) != State::kWaiting) die("the script does not wait");
  }
  Waiting result{.start_us = microseconds(Clock::now() - begin) / kWaiting};
  std::vector<std::uint64_t> ids;
  ids.reserve(kWaiting);
  for (Machine& machine : machines) ids.push_back(machine.take_calls().at(0).id);
  result.bytes = static_cast<double>(resident_bytes() - before) / kWaiting;
  begin = Clock::now();
  for (std::size_t i = 0; i < kWaiting; ++i) {
    machines[i].resume(ids[i], {.ok = true, .value = "1"});
    if (run(machines[i]) != State::kDone) die("the script does not end");
  }
  result.resume_us = microseconds(Clock::now() - begin) / kWaiting;
  return result;
}

// One wait after the other in one script: what a resume alone costs, without the end of the script.
double measure_round_trip() {
  constexpr int kCalls = 900;
  Machine machine(compile(fmt::format("for i in range({}):\n  tool(id = i)\n", kCalls), {"tool"}),
                  Limits{}, std::vector<HostFunction>{{.name = "tool"}});
  run(machine);
  Clock::time_point begin = Clock::now();
  for (int i = 0; i < kCalls; ++i) {
    machine.resume(machine.take_calls().at(0).id, {.ok = true, .value = "null"});
    run(machine);
  }
  return microseconds(Clock::now() - begin) / kCalls;
}

// From the request, on another thread, until run() is back: in milliseconds, the worst of a few.
double measure_cancel(const Text& source) {
  double worst = 0;
  for (int i = 0; i < 5; ++i) {
    Machine machine(compile(source), limits(), {});
    std::atomic<Clock::rep> requested = 0;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      requested = Clock::now().time_since_epoch().count();
      machine.request_cancel();
    });
    State state = State::kYielded;
    while (state == State::kYielded) state = machine.run();
    Clock::time_point end = Clock::now();
    other.join();
    if (state != State::kFailed || machine.error().kind != ErrorKind::kCancelled) {
      die("was not cancelled: " + source);
    }
    Clock::time_point begin{Clock::duration(requested.load())};
    worst = std::max(worst, microseconds(end - begin) / 1000);
  }
  return worst;
}

double measure_cancels() {
  double worst = 0;
  for (const char* source : {"while True:\n  pass",
                             "xs = list(range(1000000))\nwhile True:\n  sorted(xs, reverse = True)",
                             "s = 'ab' * 5000000\nwhile True:\n  s.replace('a', 'xy')",
                             "x = (1 << 1000000) - 1\nwhile True:\n  str(x)",
                             "s = '[' + '1,' * 2000000 + '1]'\nwhile True:\n  json.decode(s)",
                             "s = 'ab' * 1000000\nwhile True:\n  re.findall('(a|b)+?c', s)"}) {
    worst = std::max(worst, measure_cancel(source));
  }
  return worst;
}

void measure(const char* file, const char* source_file) {
  Text script = read(file);
  Text source = read(source_file);
  auto run_program = [](const std::shared_ptr<const Program>& program) {
    Machine machine(program, Limits{}, {});
    run(machine);
  };
  std::vector<Machine> small_machines, agent_machines;
  Waiting small = measure_waiting("x = tool(id = 1)\nresult = x + 1\n", small_machines);
  Waiting agent = measure_waiting(script + "\ntool(text = text)\n", agent_machines);
  double cold = best(40, 50, [&] { run_program(compile(script)); });
  auto program = compile(script);
  double cached = best(40, 50, [&] { run_program(program); });
  double compile_us = best(10, 1, [&] { compile(source); });
  fmt::print(
      R"({{"cold_us":{:.2f},"cached_us":{:.2f},"compile_mb_s":{:.1f},"start_us":{:.3f},"resume_us":{:.3f},)"
      R"("round_trip_us":{:.3f},"waiting_bytes":{:.0f},"waiting_agent_bytes":{:.0f},"cancel_ms":{:.2f}}})"
      "\n",
      cold, cached, static_cast<double>(source.size()) / compile_us, small.start_us,
      small.resume_us, measure_round_trip(), small.bytes, agent.bytes, measure_cancels());
}

double cpu_ms() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Every hostile script of the tests, with the default limits: a line for each, as JSON.
void run_hostile() {
  for (const HostileScript& script : hostile_scripts()) {
    const double begin = cpu_ms();
    Text ending = "static error";
    std::size_t peak = 0;
    if (auto program = Program::compile(script.source, {})) {
      Machine machine(*program, Limits{}, {});
      State state = State::kYielded;
      while (state == State::kYielded) state = machine.run();
      ending = state == State::kFailed ? Text(to_string(machine.error().kind)) : "done";
      peak = machine.stats().peak_memory_bytes;
    }
    Text name;
    for (char c : script.name) name += c == '"' || c == '\\' ? '\'' : c;
    fmt::print(R"({{"script":"{}","cpu_ms":{:.1f},"counted_bytes":{},"ending":"{}"}})"
               "\n",
               name, cpu_ms() - begin, peak, ending);
  }
}

}  // namespace

int main(int count, char** arguments) {
  Text command = count > 1 ? arguments[1] : "";
  if (command == "run" && count == 3) {
    run_file(arguments[2]);
  } else if (command == "measure" && count == 4) {
    measure(arguments[2], arguments[3]);
  } else if (command == "hostile" && count == 2) {
    run_hostile();
  } else {
    die("usage: bench_starlark run FILE | measure FILE SOURCE | hostile");
  }
}
