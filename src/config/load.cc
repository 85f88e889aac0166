#include "config/load.h"

#include <fmt/format.h>

#include "config/reader.h"
#include "config/report.h"
#include "config/secret_ref.h"
#include "config/validate.h"
#include "config/yaml.h"

namespace larkspur::config {

namespace {

// The log needs a directory that stays; where there is none by default, the file must name one.
void settle_log_directory(ExecutionLog& log, const SecretResolver& environment,
                          const Places& places, Report& report) {
  const auto home = environment.environment("HOME").value_or("");
  if (log.directory.starts_with("~/") && !home.empty()) {
    log.directory = home + log.directory.substr(1);
  }
  if (!log.enabled || !log.directory.empty()) return;
  const auto state = environment.environment("XDG_STATE_HOME").value_or("");
  // The specification of XDG says that a relative path is to be ignored.
  if (state.starts_with('/')) {
    log.directory = state + "/larkspur";
  } else if (!home.empty()) {
    log.directory = home + "/.local/state/larkspur";
  } else {
    report.problem(places.at("executionLog"),
                   "executionLog.directory is needed: neither XDG_STATE_HOME nor HOME is set");
  }
}

}  // namespace

Checked<Config> load_text(std::string_view yaml, std::string_view filename,
                          const LoadOptions& options) {
  const auto tree = parse_tree(yaml, filename, Syntax::kYaml);
  if (!tree) return std::unexpected(Problems{tree.error()});

  Report report(filename);
  const SecretResolver secrets(options, std::filesystem::path(filename).parent_path());
  Reader reader(report, secrets, "the file");
  Config config;
  reader.read(*tree, config);
  const auto& more = options.more_backends;
  config.backends.insert(config.backends.end(), more.begin(), more.end());
  validate(config, reader.places(), report);
  settle_log_directory(config.execution_log, secrets, reader.places(), report);
  if (!report.ok()) return std::unexpected(report.take_problems());
  return Loaded<Config>{std::move(config), report.take_warnings()};
}

Checked<Config> load_file(const std::filesystem::path& path, const LoadOptions& options) {
  const auto text = read_file(path, kMaxFileBytes);
  if (!text) {
    return std::unexpected(
        Problems{{path.string(), 0, 0, fmt::format("cannot read it: {}", text.error())}});
  }
  return load_text(*text, path.string(), options);
}

}  // namespace larkspur::config
