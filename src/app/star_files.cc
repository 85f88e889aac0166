#include "app/star_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/clock.h"

namespace larkspur::app {

bool read_source(const std::string& file, std::string& source) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      return false;
    }
    text << stream.rdbuf();
  }
  source = std::move(text).str();
  return true;
}

bool write_source(const std::string& file, const std::string& source) {
  const std::string beside = file + ".new";
  {
    std::ofstream stream(beside, std::ios::binary);
    if (!(stream << source) || !stream.flush()) return false;
  }
  std::error_code error;
  std::filesystem::permissions(beside, std::filesystem::status(file).permissions(), error);
  std::filesystem::rename(beside, file, error);
  return !error;
}

int cannot_read(const std::string& file) {
  std::fprintf(stderr, "cannot read %s\n", file.c_str());
  return kCouldNot;
}

void write_out(std::string_view printed) {
  std::fwrite(printed.data(), 1, printed.size(), stdout);
}

void print_errors(const std::vector<starlark::Diagnostic>& errors, const std::string& file) {
  for (const starlark::Diagnostic& each : errors) {
    std::fputs(each.render(file).c_str(), stderr);
  }
}

starlark::Dialect dialect_of(const StarOptions& options, bool strict) {
  starlark::Dialect dialect = strict ? starlark::Dialect::starlark_go() : starlark::Dialect();
  if (!options.features) return dialect;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(*options.features, name) != options.features->end();
  };
  dialect.set = has("set");
  dialect.while_loops = has("while");
  dialect.top_level_control = has("toplevelcontrol");
  dialect.global_reassign = has("globalreassign");
  dialect.recursion = has("recursion");
  dialect.load_binds_globally = has("loadbindsglobally");
  return dialect;
}

namespace {

// Modules are files beside the script.
starlark::Loader loader_beside(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  return [folder](std::string_view name) -> std::expected<std::string, std::string> {
    const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
    if (path.is_absolute() || *path.begin() == "..")
      return std::unexpected("modules lie beside the script, or in folders there");
    std::string source;
    if (!read_source((folder / path).string(), source))
      return std::unexpected("there is no such file");
    return source;
  };
}

}  // namespace

starlark::CompileOptions compile_options(const StarOptions& options) {
  return {.filename = options.file,
          .predeclared = options.predeclared,
          .max_source_bytes = std::size_t{16} << 20,
          .dialect = dialect_of(options, options.dialect == "go"),
          .loader = loader_beside(options.file)};
}

starlark::Limits limits_of(const StarOptions& options) {
  starlark::Limits result;
  result.steps = options.steps;
  result.memory_bytes = options.memory_mib << 20;
  result.collect_always = options.stress;
  result.clock_nanoseconds = wall_clock_ms() * 1'000'000;
  return result;
}

}  // namespace larkspur::app
