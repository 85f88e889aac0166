// Starlark inside of a program of your own: everything goes through starlark/starlark.h.
//
// The script below calls a function of the host, `weather`, for several cities at once. The machine
// does not block: it says which calls it waits for, and goes on when it is handed their results.
// How the host performs them (threads, coroutines, a queue) is its own business; here it looks into
// a table.
#include <cstdio>
#include <map>
#include <string>

#include "starlark/starlark.h"

namespace starlark = larkspur::starlark;

namespace {

constexpr const char* kScript = R"(
load("units.star", "fahrenheit")

def report(city):
    return "%s: %.1f F" % (city, fahrenheit(weather(city = city)["celsius"]))

lines = parallel([lambda c = c: report(c) for c in cities])
print("asked for", len(cities), "cities")
return {"report": lines, "failed": try_call(report, "Atlantis")["error"]}
)";

// Modules may come from files, a database, or from here.
std::expected<std::string, std::string> load_module(std::string_view name) {
  if (name == "units.star") return "def fahrenheit(c): return c * 9 / 5 + 32";
  return std::unexpected("there is no such module");
}

// `arguments` is a JSON object, and so is the answer. A real host would parse it.
starlark::HostResult weather(const std::string& arguments) {
  static const std::map<std::string, std::string> kAnswers = {
      {R"({"city":"Berlin"})", R"({"celsius":18.5})"},
      {R"({"city":"Nairobi"})", R"({"celsius":25})"},
  };
  const auto found = kAnswers.find(arguments);
  if (found == kAnswers.end()) return {.ok = false, .value = "weather: no such city"};
  return {.ok = true, .value = found->second};
}

}  // namespace

int main() {
  // A program is compiled once. It is immutable: any number of machines may share it.
  const auto program = starlark::Program::compile(
      kScript, {.filename = "report.star",
                .predeclared = {"weather", "cities"},
                .signatures = {{.name = "weather",
                                .parameters = {{.name = "city",
                                                .types = starlark::Signature::kString,
                                                .required = true}},
                                .open = false}},
                .loader = load_module});
  if (!program) {
    for (const starlark::Diagnostic& each : program.error())
      std::fputs(each.render("report.star").c_str(), stderr);
    return 1;
  }

  // A machine is one run, with limits of its own.
  starlark::Limits limits;
  limits.steps = 1'000'000;
  limits.memory_bytes = 8u << 20;
  starlark::Machine machine(
      *program, limits,
      std::vector<starlark::HostFunction>{{.name = "weather", .parameters = {"city"}}});
  if (!machine.set_global("cities", R"(["Berlin","Nairobi"])")) return 1;

  for (;;) {
    const starlark::State state = machine.run();
    if (state == starlark::State::kYielded) continue;  // used up its slice; others could run now
    if (state != starlark::State::kWaiting) break;     // kDone or kFailed
    for (const starlark::HostCall& call : machine.take_calls())
      machine.resume(call.id, weather(call.arguments));
  }

  std::fputs(machine.printed().c_str(), stdout);
  if (machine.result_json().empty()) {
    std::fputs(machine.error().render("report.star").c_str(), stderr);
    return 1;
  }
  std::printf("%s\n%u calls\n", machine.result_json().c_str(), machine.stats().host_calls);
  return 0;
}
