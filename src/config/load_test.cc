#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace larkspur::config {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

std::string explain(const Problems& problems) {
  std::string out;
  for (const Problem& problem : problems) out += problem.to_string() + "\n";
  return out;
}

LoadOptions with(std::map<std::string, std::string> variables) {
  LoadOptions options;
  options.environment = [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return options;
}

Config load(std::string_view yaml, const LoadOptions& options = with({{"HOME", "/home/ada"}})) {
  auto loaded = load_text(yaml, "f.yaml", options);
  EXPECT_TRUE(loaded.has_value()) << explain(loaded.error());
  return loaded ? loaded->value : Config{};
}

TEST(Load, AnEmptyFileGivesSafeDefaults) {
  const Config config = load("# nothing but a comment\n");
  EXPECT_EQ(config.listen.address, "127.0.0.1");
  EXPECT_EQ(config.listen.port, 8484);
  EXPECT_EQ(config.listen.path, "/mcp");
  EXPECT_FALSE(config.listen.allow_remote);
  EXPECT_FALSE(config.code_mode.enabled);
  EXPECT_TRUE(config.execution_log.enabled);
  EXPECT_EQ(config.execution_log.directory, "/home/ada/.local/state/larkspur");
  EXPECT_EQ(config.limits.request_timeout, seconds(60));
}

TEST(Load, TheTeamExample) {
  LoadOptions options =
      with({{"HOME", "/home/ada"}, {"GITHUB_TOKEN", "gh-1"}, {"TRACKER_API_KEY", "tr-2"}});
  const auto loaded = load_file("examples/team.yaml", options);
  ASSERT_TRUE(loaded.has_value()) << explain(loaded.error());
  EXPECT_THAT(loaded->warnings, IsEmpty());
  const Config& config = loaded->value;
  EXPECT_EQ(config.name, "team-tools");
  EXPECT_THAT(config.listen.allowed_origins, ElementsAre("https://chat.example.com"));

  ASSERT_EQ(config.backends.size(), 3u);
  const Backend& github = config.backends[0];
  EXPECT_EQ(github.transport, Transport::kStreamableHttp);
  EXPECT_EQ(github.headers.at("Authorization").reveal(), "Bearer gh-1");
  EXPECT_EQ(github.timeout, seconds(30));
  EXPECT_EQ(config.backends[1].headers.at("X-Api-Key").reveal(), "tr-2");
  EXPECT_EQ(config.backends[1].headers.at("X-Team").reveal(), "platform");
  const Backend& files = config.backends[2];
  EXPECT_EQ(files.transport, Transport::kStdio);
  EXPECT_EQ(files.command, "npx");
  EXPECT_EQ(files.args.size(), 3u);
  EXPECT_EQ(files.env.at("NODE_OPTIONS").reveal(), "--max-old-space-size=256");
  EXPECT_EQ(files.working_directory, "/srv");

  const Aggregation& aggregation = config.aggregation;
  EXPECT_EQ(aggregation.conflict_resolution, ConflictStrategy::kPriority);
  EXPECT_THAT(aggregation.conflict_resolution_config.priority_order,
              ElementsAre("github", "tracker"));
  ASSERT_EQ(aggregation.tools.size(), 2u);
  EXPECT_EQ(aggregation.tools[0].filter.size(), 3u);
  EXPECT_EQ(aggregation.tools[0].overrides.at("get_issue").name, "read_issue");

  EXPECT_TRUE(config.code_mode.enabled);
  EXPECT_EQ(config.code_mode.step_limit, 5'000'000u);
  EXPECT_EQ(config.code_mode.script_timeout, seconds(120));
  EXPECT_EQ(config.code_mode.memory_limit, 128 * kMiB);
  EXPECT_EQ(config.telemetry.sampling_rate, 0.25);
  EXPECT_EQ(config.execution_log.directory, "/home/ada/larkspur-log");
  EXPECT_EQ(config.execution_log.overflow, Overflow::kWait);
}

TEST(Load, TheMinimalExampleInfersTheTransport) {
  const auto loaded = load_file("examples/minimal.yaml", with({{"HOME", "/h"}}));
  ASSERT_TRUE(loaded.has_value()) << explain(loaded.error());
  for (const Backend& backend : loaded->value.backends) {
    EXPECT_EQ(backend.transport, Transport::kStdio) << backend.name;
  }
}

TEST(Load, AKeyWithNothingBehindItIsLeftOut) {
  EXPECT_EQ(load("listen:\nname:\n").listen.port, 8484);
  EXPECT_EQ(load("listen: {port: ~}\n").listen.port, 8484);
}

TEST(Load, TextNeedsNoQuotesToStayText) {
  EXPECT_EQ(load("name: true\n").name, "true");
  EXPECT_EQ(load("name: 1e3\n").name, "1e3");
  EXPECT_EQ(load("listen: {port: '80'}\n").listen.port, 80);
}

TEST(Load, RemoteAddressesNeedConsent) {
  EXPECT_EQ(load("listen: {address: 0.0.0.0, allowRemote: true}\n").listen.address, "0.0.0.0");
  EXPECT_EQ(load("listen: {address: '::1'}\n").listen.address, "::1");
  EXPECT_EQ(load("listen: {address: 127.0.0.5}\n").listen.address, "127.0.0.5");
}

TEST(Load, SecretsComeFromFilesBesideTheConfiguration) {
  const auto directory = std::filesystem::path(testing::TempDir()) / "larkspur_config_test";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "token") << "s3cret\r\n";
  std::ofstream(directory / "c.yaml")
      << "backends: [{name: a, url: 'http://h', headers: {Authorization: 'Bearer file:token'}}]\n";
  const auto loaded = load_file(directory / "c.yaml", with({{"HOME", "/h"}}));
  ASSERT_TRUE(loaded.has_value()) << explain(loaded.error());
  EXPECT_EQ(loaded->value.backends[0].headers.at("Authorization").reveal(), "Bearer s3cret");
  std::filesystem::remove_all(directory);
}

TEST(Load, PlainKeepsWhatLooksLikeAReference) {
  const Config config = load(
      "backends: [{name: a, command: x, env: {DB: 'plain:file:/tmp/x.db', SAY: 'say no "
      "env:x'}}]\n");
  EXPECT_EQ(config.backends[0].env.at("DB").reveal(), "file:/tmp/x.db");
  EXPECT_EQ(config.backends[0].env.at("SAY").reveal(), "say no env:x");
}

TEST(Load, SecretsCanStayUnresolved) {
  LoadOptions options = with({{"HOME", "/h"}});
  options.resolve_secrets = false;
  const Config config =
      load("backends: [{name: a, url: 'http://h', headers: {Authorization: 'Bearer env:NOPE'}}]\n",
           options);
  EXPECT_EQ(config.backends[0].headers.at("Authorization").reveal(), "Bearer ");
}

TEST(Load, BackendsFromElsewhereCanBeNamed) {
  LoadOptions options = with({{"HOME", "/h"}});
  options.more_backends.push_back({.name = "extra", .url = "http://h"});
  const std::string yaml =
      "backends: [{name: own, url: 'http://o'}]\n"
      "aggregation: {conflictResolution: priority,\n"
      "  conflictResolutionConfig: {priorityOrder: [extra, own]}}\n";
  EXPECT_EQ(load(yaml, options).backends.at(1).name, "extra");

  options.more_backends[0].name = "own";
  const auto clash = load_text("backends:\n  - {name: own, url: 'http://o'}\n", "f.yaml", options);
  ASSERT_FALSE(clash.has_value());
  EXPECT_EQ(clash.error()[0].to_string(),
            "f.yaml:2:6: two backends are named 'own'; names must differ");
}

TEST(Load, TheLogDirectoryFollowsXdg) {
  EXPECT_EQ(load("", with({{"HOME", "/h"}, {"XDG_STATE_HOME", "/s"}})).execution_log.directory,
            "/s/larkspur");
  EXPECT_EQ(load("", with({{"HOME", "/h"}, {"XDG_STATE_HOME", "rel"}})).execution_log.directory,
            "/h/.local/state/larkspur");
  EXPECT_EQ(load("executionLog: {enabled: false}\n", with({})).execution_log.directory, "");
  EXPECT_EQ(load("stateDirectory: ~/s\n").execution_log.directory, "/home/ada/s");
  EXPECT_EQ(load("executionLog: {directory: /l}\n").state_directory,
            "/home/ada/.local/state/larkspur");
  const auto nowhere = load_text("", "f.yaml", with({}));
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error()[0].to_string(),
            "f.yaml: stateDirectory is needed: neither XDG_STATE_HOME nor HOME is set");
}

TEST(Load, WarnsOfWhatHasNoEffect) {
  const auto loaded = load_text(
      "backends: [{name: a, url: 'http://h'}]\n"
      "aggregation:\n"
      "  conflictResolutionConfig:\n"
      "    priorityOrder: [a]\n"
      "  tools:\n"
      "    - workload: a\n"
      "      filter: [x]\n"
      "      overrides:\n"
      "        y: {name: z}\n",
      "f.yaml", with({{"HOME", "/h"}}));
  ASSERT_TRUE(loaded.has_value()) << explain(loaded.error());
  EXPECT_EQ(
      explain(loaded->warnings),
      "f.yaml:4:21: priorityOrder has no effect unless conflictResolution is priority\n"
      "f.yaml:9:9: 'y' is overridden but filter leaves it out; filter takes the backend's own "
      "names\n");
}

TEST(Reference, TheCommittedPageIsWhatTheTablePrints) {
  const std::string path = "docs/reference/configuration.md";
  if (std::getenv("LARKSPUR_UPDATE_DOCS") != nullptr) {
    std::ofstream(path) << reference_markdown();
  }
  std::ifstream file(path);
  const std::string committed((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(committed, reference_markdown())
      << "run the tests once with LARKSPUR_UPDATE_DOCS=1 and commit the page";
}

}  // namespace
}  // namespace larkspur::config
