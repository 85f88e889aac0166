#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/commands.h"
#include "base/clock.h"
#include "starlark/starlark.h"

namespace larkspur::app {

namespace {

bool read_source(const std::string& file, std::string& source) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      std::fprintf(stderr, "cannot read %s\n", file.c_str());
      return false;
    }
    text << stream.rdbuf();
  }
  source = std::move(text).str();
  return true;
}

void print_all(const std::vector<starlark::Diagnostic>& errors, const std::string& file) {
  for (const starlark::Diagnostic& each : errors) {
    std::fputs(each.render(file).c_str(), stderr);
  }
}

// A FILE:LINE:COL for every frame, and the message: what drivers of test suites look for.
void print_plain(const starlark::Diagnostic& error, const std::string& file) {
  for (const starlark::StackFrame& frame : error.stack) {
    std::fprintf(stderr, "%s:%u:%u: in %s\n", file.c_str(), frame.location.line,
                 frame.location.column, frame.function.c_str());
  }
  if (error.stack.empty()) {
    std::fprintf(stderr, "%s:%u:%u\n", file.c_str(), error.location.line, error.location.column);
  }
  std::fprintf(stderr, "Error: %s\n", error.message.c_str());
}

starlark::CompileOptions compile_options(const StarOptions& options) {
  return {.filename = options.file,
          .predeclared = options.predeclared,
          .max_source_bytes = std::size_t{16} << 20,
          .parse_only = options.mode == "parse"};
}

starlark::Limits limits(const StarOptions& options) {
  starlark::Limits result;
  result.steps = options.steps;
  result.memory_bytes = options.memory_mib << 20;
  result.clock_nanoseconds = wall_clock_ms() * 1'000'000;
  return result;
}

}  // namespace

int star_check(const StarOptions& options) {
  std::string source;
  if (!read_source(options.file, source)) return kCouldNot;
  const auto program = starlark::Program::compile(std::move(source), compile_options(options));
  if (program) return kYes;
  print_all(program.error(), options.file);
  return kNo;
}

int star_run(const StarOptions& options) {
  std::string source;
  if (!read_source(options.file, source)) return kCouldNot;
  const auto program = starlark::Program::compile(std::move(source), compile_options(options));
  if (!program) {
    print_all(program.error(), options.file);
    return kNo;
  }
  starlark::Machine machine(*program, limits(options), {});
  starlark::State state = machine.run();
  while (state == starlark::State::kYielded) state = machine.run();
  std::fputs(machine.printed().c_str(), stdout);
  if (state != starlark::State::kDone) {
    std::fflush(stdout);
    std::fputs(machine.error().render(options.file).c_str(), stderr);
    return kNo;
  }
  if (machine.result_json() != "null") std::printf("%s\n", machine.result_json().c_str());
  return kYes;
}

int star_test(const StarOptions& options) {
  std::string source;
  if (!read_source(options.file, source)) return kCouldNot;
  const auto program = starlark::Program::compile(std::move(source), compile_options(options));
  if (!program) {
    for (const starlark::Diagnostic& each : program.error()) print_plain(each, options.file);
    return kNo;
  }
  if (options.mode == "parse" || options.mode == "resolve") return kYes;
  starlark::Machine machine(*program, limits(options), {});
  starlark::State state = machine.run();
  while (state == starlark::State::kYielded) state = machine.run();
  std::fputs(machine.printed().c_str(), stdout);
  if (state == starlark::State::kDone) return kYes;
  std::fflush(stdout);
  print_plain(machine.error(), options.file);
  return kNo;
}

}  // namespace larkspur::app
