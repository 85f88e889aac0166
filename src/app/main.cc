#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands.h"
#include "app/log/command_line.h"

namespace {

using namespace larkspur::app;

// Help leads with what one types, then says what it does.
constexpr const char* kProgram =
    "  larkspur serve larkspur.yaml\n\n"
    "Larkspur joins many MCP servers into one, runs an agent's script over their tools on the "
    "server side,\n"
    "and keeps an ExecutionLog of every call.";
constexpr const char* kServe =
    "  larkspur serve larkspur.yaml\n"
    "  larkspur serve --mcp-servers ~/.config/mcp.json --code-mode\n"
    "  larkspur serve larkspur.yaml --stdio\n\n"
    "Runs the gateway until it is stopped.";
constexpr const char* kCheck =
    "  larkspur check larkspur.yaml\n\n"
    "Says whether a configuration is good; every mistake at once, with line and column.\n"
    "Exit code: 0 good, 1 mistakes, 2 could not read it.";
constexpr const char* kLogin =
    "  larkspur login larkspur.yaml github\n\n"
    "Lets Larkspur use a backend in your name: prints a URL for your browser, waits for you to "
    "agree\n"
    "there, and keeps the login for `larkspur serve`, which renews it. Exit code: 0 logged in, 1 "
    "refused,\n"
    "2 could not ask.";
constexpr const char* kStar =
    "  larkspur star run report.star\n"
    "  larkspur star check report.star\n\n"
    "Runs Starlark on its own, without tools: to try a script, and to test the language.";
constexpr const char* kStarRun =
    "  larkspur star run report.star\n\n"
    "Prints what the script prints, and what it returns as JSON. Exit code: 0 done, 1 failed.";
constexpr const char* kStarCheck =
    "  larkspur star check report.star\n\n"
    "Says every mistake that can be seen without running. Exit code: 0 good, 1 mistakes.";
constexpr const char* kStarFmt =
    "  larkspur star fmt *.star\n"
    "  larkspur star fmt --check *.star\n\n"
    "Puts scripts into one style: spaces and line breaks, never what they mean; comments stay.\n"
    "Exit code: 0 done, 1 not formatted (--check) or not Starlark, 2 cannot read or write.";
constexpr const char* kStarRepl =
    "  larkspur star repl\n\n"
    "Runs statements as they are typed and shows the values of expressions; _ is the last one.\n"
    "A block ends with an empty line. A statement that fails leaves nothing behind.";
constexpr const char* kStarTest =
    "  larkspur star test --mode=go --opts=set,recursion chunk.star\n\n"
    "For drivers of test suites: FILE:LINE:COL for every frame and \"Error: message\" on standard "
    "error.\nThe script finds assert_eq and its kin, and load(\"assert.star\", \"assert\").\n"
    "Exit code: 0 passed, 1 an error, 2 assertions failed.";

void add_config(CLI::App& command, ConfigOptions& options) {
  command.add_option("config", options.file, "configuration file (YAML)");
  command.add_option("--mcp-servers", options.mcp_servers,
                     "backends from an mcpServers JSON file, as MCP clients use it");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program(kProgram, "larkspur");
  program.set_version_flag("--version", LARKSPUR_VERSION);
  program.require_subcommand(1);

  ServeOptions serve_options;
  CLI::App* serve_command = program.add_subcommand("serve", kServe);
  add_config(*serve_command, serve_options.config);
  serve_command->add_option("--port", serve_options.port, "port to listen on (0: any free one)")
      ->check(CLI::Range(0, 65535));
  serve_command->add_flag("--code-mode", serve_options.code_mode, "offer execute_tool_script");
  serve_command->add_flag("--stdio", serve_options.stdio,
                          "serve one client on standard input and output");

  CheckOptions check_options;
  CLI::App* check_command = program.add_subcommand("check", kCheck);
  add_config(*check_command, check_options.config);
  check_command->add_flag("--json", check_options.json, "print the result as JSON");
  check_command->add_flag("!--no-secrets", check_options.secrets,
                          "do not look up env: and file: references");

  LoginOptions login_options;
  CLI::App* login_command = program.add_subcommand("login", kLogin);
  login_command->add_option("config", login_options.config.file, "configuration file (YAML)")
      ->required();
  login_command->add_option("backend", login_options.backend, "the name of a backend")->required();
  login_command->add_option("--timeout", login_options.timeout_s, "seconds to wait for you")
      ->check(CLI::Range(1, 3600));

  std::function<int()> log_run;
  log::add_commands(program, log_run);

  StarOptions star_options;
  CLI::App* star_command = program.add_subcommand("star", kStar);
  star_command->require_subcommand(1);
  const auto add_star = [&](const char* name, const char* help, bool takes_file = true) {
    CLI::App* command = star_command->add_subcommand(name, help);
    if (takes_file) {
      command->add_option("file", star_options.file, "the script; - for standard input")
          ->required();
    }
    command->add_option("--predeclared", star_options.predeclared, "names that the host would give")
        ->delimiter(',');
    command
        ->add_option("--dialect", star_options.dialect, "larkspur, or go: as strict as starlark-go")
        ->check(CLI::IsMember({"larkspur", "go"}));
    command
        ->add_option("--opts", star_options.features,
                     "none, or some of set,while,toplevelcontrol,globalreassign,recursion,"
                     "loadbindsglobally")
        ->delimiter(',')
        ->check(CLI::IsMember({"none", "set", "while", "toplevelcontrol", "globalreassign",
                               "recursion", "loadbindsglobally"}));
    return command;
  };
  const auto add_limits = [&](CLI::App* command) {
    command->add_option("--steps", star_options.steps, "limit of steps");
    command->add_option("--memory", star_options.memory_mib, "limit of memory in MiB")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20));
  };
  CLI::App* star_run_command = add_star("run", kStarRun);
  add_limits(star_run_command);
  CLI::App* star_check_command = add_star("check", kStarCheck);
  CLI::App* star_repl_command = add_star("repl", kStarRepl, false);
  add_limits(star_repl_command);
  StarFmtOptions fmt_options;
  CLI::App* star_fmt_command = star_command->add_subcommand("fmt", kStarFmt);
  star_fmt_command
      ->add_option("files", fmt_options.files, "scripts; - formats standard input to output")
      ->required();
  star_fmt_command->add_flag("--check", fmt_options.check, "change nothing; say what would be");
  CLI::App* star_test_command = add_star("test", kStarTest);
  add_limits(star_test_command);
  star_test_command->add_flag("--stress", star_options.stress,
                              "collect garbage at every safe point: slow, for finding mistakes");
  star_test_command->add_option("--mode", star_options.mode, "parse, resolve, flat or go: run it")
      ->check(CLI::IsMember({"parse", "resolve", "flat", "go"}));

  // Drivers of test suites write --opts= for a chunk without any.
  std::string no_features = "--opts=none";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--opts=") argv[i] = no_features.data();
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kYes : kCouldNot;
  }
  if (serve_command->parsed()) return serve(serve_options);
  if (check_command->parsed()) return check(check_options);
  if (login_command->parsed()) return login(login_options);
  if (star_run_command->parsed()) return star_run(star_options);
  if (star_check_command->parsed()) return star_check(star_options);
  if (star_fmt_command->parsed()) return star_fmt(fmt_options);
  if (star_repl_command->parsed()) return star_repl(star_options);
  if (star_test_command->parsed()) return star_test(star_options);
  return log_run();
}
