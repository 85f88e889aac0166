#include "app/log/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "app/log/commands.h"

namespace larkspur::app::log {

namespace {

using Run = std::function<int()>;

// Help leads with what one types, then says what it does.
constexpr const char* kList =
    "  larkspur log\n"
    "  larkspur log --status failed --since 2h\n"
    "  larkspur log show execute_tool_script_larkspur_1763624189123\n\n"
    "Lists the calls in the ExecutionLog, newest first.";
constexpr const char* kShow =
    "  larkspur log show execute_tool_script_larkspur_1763624189123\n\n"
    "Shows one call with everything that it called, as a tree. A unique beginning of the id is "
    "enough.";
constexpr const char* kVerify =
    "  larkspur log verify\n"
    "  larkspur log verify --head backup/head ~/.local/state/larkspur\n\n"
    "Proves that nothing in the log was changed, removed, moved or put in. Works offline.\n"
    "Exit code: 0 proven, 1 broken, 2 could not tell.";

// `command` runs `action` with the options that were read into `options`.
template <class Options>
void runs(CLI::App& command, Run& run, std::shared_ptr<Options> options,
          int (*action)(const Options&), const char* json_help) {
  command.add_option("--directory", options->directory, "where the log lies");
  command.add_flag("--json", options->json, json_help);
  // A command's callback also runs when one below it was typed; the first to come stands.
  command.callback([&run, options, action] {
    if (!run) run = [options, action] { return action(*options); };
  });
}

CLI::App& add_list(CLI::App& program, Run& run) {
  CLI::App& command = *program.add_subcommand("log", kList);
  const auto options = std::make_shared<ListOptions>();
  command.add_option("--tool", options->tool, "only calls of this tool");
  command.add_option("--status", options->status,
                     "success, failed, timeout, cancelled, denied, partial or unknown");
  command.add_option("--since", options->since, "30m, 2h, 7d, or an ISO 8601 time");
  command.add_option("--limit", options->limit, "how many, at most")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
  command.add_flag("--all", options->all, "the inner calls of scripts, too");
  runs(command, run, options, list, "one JSON record a line");
  return command;
}

void add_show(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("show", kShow);
  const auto options = std::make_shared<ShowOptions>();
  command.add_option("id", options->id, "the call's id, or its beginning")->required();
  runs(command, run, options, show, "the record and its inner calls as JSON");
}

void add_verify(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("verify", kVerify);
  const auto options = std::make_shared<VerifyOptions>();
  command.add_option("path", options->directory, "where the log lies");
  command
      .add_option("--key", options->keys,
                  "the public key that you trust, in hex, or a file of such lines; without it, "
                  "those that lie beside the log")
      ->allow_extra_args(false);
  command.add_option("--head", options->heads, "an earlier copy of the log's file 'head'")
      ->allow_extra_args(false);
  command.add_flag("--deep", options->deep, "every page and index of the files, too");
  runs(command, run, options, verify, "the findings as one JSON object");
}

}  // namespace

void add_commands(CLI::App& program, Run& run) {
  CLI::App& log = add_list(program, run);
  add_show(log, run);
  add_verify(log, run);
}

}  // namespace larkspur::app::log
