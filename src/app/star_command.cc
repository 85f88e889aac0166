#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/star_files.h"
#include "starlark/formatter.h"
#include "starlark/starlark.h"

namespace larkspur::app {

namespace {

// A FILE:LINE:COL for every frame, and the message: what drivers of test suites look for.
void print_plain(const starlark::Diagnostic& error, const std::string& file) {
  const auto place = [&](const std::string& module, starlark::Location at) {
    return (module.empty() ? file : module) + ":" + std::to_string(at.line) + ":" +
           std::to_string(at.column);
  };
  for (const starlark::StackFrame& frame : error.stack) {
    std::fprintf(stderr, "%s: in %s\n", place(frame.file, frame.location).c_str(),
                 frame.function.c_str());
  }
  if (error.stack.empty()) std::fprintf(stderr, "%s\n", place(error.file, error.location).c_str());
  std::fprintf(stderr, "Error: %s\n", error.text().c_str());
}

// starlark-go's tests of its parser and resolver know nothing of our extensions.
starlark::CompileOptions test_options(const StarOptions& options) {
  starlark::CompileOptions result = compile_options(options);
  const bool go = options.dialect.empty() ? options.mode != "flat" : options.dialect == "go";
  result.dialect = dialect_of(options, go);
  result.parse_only = options.mode == "parse";
  result.resolve_only = options.mode == "resolve";
  result.testing = !result.resolve_only;
  result.most_errors = 1000;
  if (result.resolve_only && options.predeclared.empty()) result.predeclared = {"M", "U"};
  return result;
}

}  // namespace

int star_check(const StarOptions& options) {
  std::string source;
  if (!read_source(options.file, source)) return cannot_read(options.file);
  const auto program = starlark::Program::compile(std::move(source), compile_options(options));
  if (program) return kYes;
  print_errors(program.error(), options.file);
  return kNo;
}

int star_run(const StarOptions& options) {
  std::string source;
  if (!read_source(options.file, source)) return cannot_read(options.file);
  const auto program = starlark::Program::compile(std::move(source), compile_options(options));
  if (!program) {
    print_errors(program.error(), options.file);
    return kNo;
  }
  starlark::Machine machine(*program, limits_of(options), {});
  starlark::State state = machine.run();
  while (state == starlark::State::kYielded) state = machine.run();
  write_out(machine.printed());
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
  if (!read_source(options.file, source)) return cannot_read(options.file);
  const starlark::CompileOptions compile = test_options(options);
  const auto program = starlark::Program::compile(std::move(source), compile);
  if (!program) {
    for (const starlark::Diagnostic& each : program.error()) print_plain(each, options.file);
    return kNo;
  }
  if (compile.parse_only || compile.resolve_only) return kYes;
  starlark::Machine machine(*program, limits_of(options), {});
  starlark::State state = machine.run();
  while (state == starlark::State::kYielded) state = machine.run();
  write_out(machine.printed());
  std::fflush(stdout);
  for (const starlark::Diagnostic& each : machine.failures()) print_plain(each, options.file);
  if (state != starlark::State::kDone) {
    print_plain(machine.error(), options.file);
    return kNo;
  }
  return machine.failures().empty() ? kYes : kCouldNot;
}

namespace {

// kNo where the file is not as it should be, or cannot be read as Starlark.
int format_file(const std::string& file, bool check) {
  std::string source;
  if (!read_source(file, source)) return cannot_read(file);
  const auto formatted = starlark::format_source(source, file);
  if (!formatted) {
    print_errors(formatted.error(), file);
    return kNo;
  }
  if (file == "-" && !check) std::fputs(formatted->c_str(), stdout);
  if (*formatted == source) return kYes;
  if (check) {
    std::fprintf(stderr, "%s is not formatted\n", file.c_str());
    return kNo;
  }
  if (file != "-" && !write_source(file, *formatted)) {
    std::fprintf(stderr, "cannot write %s\n", file.c_str());
    return kCouldNot;
  }
  return kYes;
}

}  // namespace

int star_fmt(const StarFmtOptions& options) {
  int result = kYes;
  for (const std::string& file : options.files)
    result = std::max(result, format_file(file, options.check));
  return result;
}

}  // namespace larkspur::app
