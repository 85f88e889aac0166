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
    "Lists the calls in the ExecutionLog, newest first.\n"
    "Exit code: 0 found, 1 nothing found, 2 could not look.";
constexpr const char* kShow =
    "  larkspur log show execute_tool_script_larkspur_1763624189123\n"
    "  larkspur log show execute_tool_script_ --markdown\n\n"
    "Shows one call with everything that it called, as a tree. A unique beginning of the id is "
    "enough.";
constexpr const char* kVerify =
    "  larkspur log verify\n"
    "  larkspur log verify --head backup/head ~/.local/state/larkspur\n\n"
    "Proves that nothing in the log was changed, removed, moved or put in. Works offline.\n"
    "Exit code: 0 proven, 1 broken, 2 could not tell.";
constexpr const char* kTail =
    "  larkspur log tail -f\n"
    "  larkspur log tail -f --all --status failed\n\n"
    "Shows the latest calls, the newest last; with -f those that follow, as they end.";
constexpr const char* kStats =
    "  larkspur log stats --since 24h\n\n"
    "Counts calls and errors, and says how long they took, by tool and by what was called outside.";
constexpr const char* kExport =
    "  larkspur log export --since 7d > calls.jsonl\n"
    "  larkspur log export --format csv --status failed > failed.csv\n\n"
    "Writes records to standard output, the oldest first: as JSON lines, which `larkspur log "
    "import` "
    "reads,\nas CSV, or as OTLP log records in JSON.";
constexpr const char* kImport =
    "  larkspur log import calls.jsonl --directory elsewhere\n\n"
    "Reads records that `larkspur log export` wrote into a log that no gateway is writing.";

// `command` runs `action` with the options that were read into `options`.
template <class Options>
void runs(CLI::App& command, Run& run, std::shared_ptr<Options> options,
          int (*action)(const Options&), const char* json_help) {
  command.add_option("--directory", options->directory, "where the log lies");
  if (json_help != nullptr) command.add_flag("--json", options->json, json_help);
  // A command's callback also runs when one below it was typed; the first to come stands.
  command.callback([&run, options, action] {
    if (!run) run = [options, action] { return action(*options); };
  });
}

void add_filter(CLI::App& command, FilterWords& words) {
  command.add_option("--tool", words.tool, "only calls of this tool");
  command.add_option("--backend", words.backend, "only calls of this backend, or this cluster");
  command.add_option("--principal", words.principal, "only calls of this principal");
  command.add_option("--session", words.session, "only calls of this session");
  command.add_option("--status", words.status,
                     "success, failed, timeout, cancelled, denied, partial or unknown");
  command.add_option("--since", words.since, "30m, 2h, 7d ago, or an ISO 8601 time");
  command.add_option("--until", words.until, "in the same way");
  command.add_option("--slower-than", words.slower_than, "250ms, 2s, 1m");
  command.add_option("--text", words.text, "only records with this text");
  command.add_option("--script", words.script,
                     "only runs of this script: its hash, or a beginning");
}

CLI::App& add_list(CLI::App& program, Run& run) {
  CLI::App& command = *program.add_subcommand("log", kList);
  const auto options = std::make_shared<ListOptions>();
  add_filter(command, options->filter);
  command.add_option("--limit", options->limit, "how many, at most")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
  command.add_flag("--all", options->filter.all, "the inner calls of scripts, too");
  runs(command, run, options, list, "one JSON record a line");
  return command;
}

void add_show(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("show", kShow);
  const auto options = std::make_shared<ShowOptions>();
  command.add_option("id", options->id, "the call's id, or its beginning")->required();
  command.add_flag("--markdown", options->markdown, "to paste into a conversation with a model");
  runs(command, run, options, show, "the record and its inner calls as JSON");
}

void add_tail(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("tail", kTail);
  const auto options = std::make_shared<TailOptions>();
  add_filter(command, options->filter);
  command.add_option("-n,--lines", options->lines, "how many to begin with")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
  command.add_flag("-f,--follow", options->follow, "wait for more");
  command.add_flag("--all", options->filter.all, "the inner calls of scripts, too");
  runs(command, run, options, tail, "one JSON record a line");
}

void add_stats(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("stats", kStats);
  const auto options = std::make_shared<StatsOptions>();
  add_filter(command, options->filter);
  runs(command, run, options, stats, "the same as one JSON object");
}

void add_export(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("export", kExport);
  const auto options = std::make_shared<ExportOptions>();
  add_filter(command, options->filter);
  command.add_option("--format", options->format, "jsonl, csv or otlp")
      ->check(CLI::IsMember({"jsonl", "csv", "otlp"}));
  runs(command, run, options, export_records, nullptr);
}

void add_import(CLI::App& log, Run& run) {
  CLI::App& command = *log.add_subcommand("import", kImport);
  const auto options = std::make_shared<ImportOptions>();
  command.add_option("file", options->file, "the JSON lines; - for standard input")->required();
  command.add_flag("--append", options->append, "to a log that has records already");
  runs(command, run, options, import_records, "how many, as JSON");
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
  add_tail(log, run);
  add_stats(log, run);
  add_export(log, run);
  add_import(log, run);
  add_verify(log, run);
}

}  // namespace larkspur::app::log
