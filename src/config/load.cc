#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/reader.h"
#include "config/report.h"
#include "config/secret_ref.h"
#include "config/validate.h"
#include "config/yaml.h"

namespace larkspur::config {

namespace {

// The state directory and the log's. Where there is none by default and one is needed, the file
// must name it.
void settle_directories(Config& config, const SecretResolver& environment, const Places& places,
                        Report& report) {
  const auto home = environment.environment("HOME").value_or("");
  for (std::string* path : {&config.state_directory, &config.execution_log.directory,
                            &config.execution_log.signing_key}) {
    if (path->starts_with("~/") && !home.empty()) *path = home + path->substr(1);
  }
  const auto state = environment.environment("XDG_STATE_HOME").value_or("");
  if (!config.state_directory.empty()) {
    // as it was written
  } else if (state.starts_with('/')) {  // XDG says that a relative path is to be ignored
    config.state_directory = state + "/larkspur";
  } else if (!home.empty()) {
    config.state_directory = home + "/.local/state/larkspur";
  }
  ExecutionLog& log = config.execution_log;
  const bool has_log = log.enabled && log.directory.empty();
  const bool has_logins = std::ranges::any_of(config.backends, [](const Backend& backend) {
    return backend.oauth.grant == OAuthGrant::kAuthorizationCode;
  });
  if (config.state_directory.empty() && (has_log || has_logins)) {
    report.problem(places.at("stateDirectory"),
                   "stateDirectory is needed: neither XDG_STATE_HOME nor HOME is set");
  }
  for (Backend& backend : config.backends) {
    backend.oauth.file = fmt::format("{}/logins/{}.json", config.state_directory, backend.name);
  }
  if (has_log) log.directory = config.state_directory;
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
  settle_directories(config, secrets, reader.places(), report);
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
