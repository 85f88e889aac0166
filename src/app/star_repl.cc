// larkspur star repl: statements as they are typed, run one after the other.
//
// A machine runs a program once. What was typed before is therefore run again, silently, in front
// of what is new: scripts are deterministic, so that comes out the same. What fails leaves nothing
// behind.
#include <editline/readline.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/star_files.h"

namespace larkspur::app {

namespace {

constexpr int kMostHistory = 1000;  // lines kept

// Lines from the terminal, with editing and a history that outlives the program; or from a file.
class LineReader {
 public:
  LineReader() : terminal_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
    if (!terminal_) return;
    if (const char* home = std::getenv("HOME"))
      history_ = std::string(home) + "/.larkspur_star_history";
    using_history();
    stifle_history(kMostHistory);
    if (!history_.empty()) read_history(history_.c_str());
  }
  ~LineReader() {
    if (history_.empty()) return;
    write_history(history_.c_str());
    std::error_code ignored;
    std::filesystem::permissions(history_, std::filesystem::perms(0600), ignored);
  }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // False at the end.
  bool next(const char* prompt, std::string& line) {
    if (!terminal_) return static_cast<bool>(std::getline(std::cin, line));
    const std::unique_ptr<char, decltype(&std::free)> typed(readline(prompt), &std::free);
    if (typed == nullptr) {
      std::fputs("\n", stdout);
      return false;
    }
    line = typed.get();
    if (!line.empty()) add_history(line.c_str());
    return true;
  }

 private:
  bool terminal_;
  std::string history_;
};

class Session {
 public:
  explicit Session(const StarOptions& options)
      : compile_(compile_options(options)), limits_(limits_of(options)) {
    compile_.filename = "<repl>";
  }

  // Whether a statement may still go on: its error stands where the text ends.
  bool is_complete(const std::string& input) const {
    if (input.ends_with("\\\n")) return false;
    starlark::CompileOptions syntax = compile_;
    syntax.parse_only = true;
    const auto program = starlark::Program::compile(input, syntax);
    if (program) {
      // Only an empty line ends a block.
      const std::size_t last = input.rfind('\n', input.size() - 2) + 1;
      const bool one_line = last == 0;
      const bool opens = !one_line || input.find(":\n") != std::string::npos;
      return !opens || input.ends_with("\n\n") ||
             (input[last] != ' ' && input[last] != '\t' && !is_compound(input));
    }
    const std::string& message = program.error().back().message;
    return message.find("end of file") == std::string::npos &&
           message.find("EOF") == std::string::npos &&
           message.find("want indent") == std::string::npos;
  }

  void run(const std::string& input) {
    // An expression shows its value, which is `_` from then on.
    const std::string shown = "_ = (" + input + ")\nif _ != None: print(repr(_))\n";
    starlark::CompileOptions syntax = compile_;
    syntax.parse_only = true;
    const bool is_expression = starlark::Program::compile("(" + input + ")\n", syntax).has_value();
    evaluate(is_expression ? shown : input);
  }

 private:
  static bool is_compound(const std::string& input) {
    for (const char* word : {"def ", "for ", "if ", "while "}) {
      if (input.starts_with(word)) return true;
    }
    return false;
  }

  void evaluate(const std::string& statement) {
    const std::string source = before_ + statement;
    const auto program = starlark::Program::compile(source, compile_);
    if (!program) return print_errors(program.error(), compile_.filename);
    starlark::Machine machine(*program, limits_, {});
    starlark::State state = machine.run();
    while (state == starlark::State::kYielded) state = machine.run();
    const std::string printed = machine.printed();
    write_out(std::string_view(printed).substr(std::min(printed_before_, printed.size())));
    std::fflush(stdout);
    if (state != starlark::State::kDone) return print_errors({machine.error()}, compile_.filename);
    before_ = source;
    printed_before_ = printed.size();
  }

  starlark::CompileOptions compile_;
  starlark::Limits limits_;
  std::string before_;
  std::size_t printed_before_ = 0;
};

}  // namespace

int star_repl(const StarOptions& options) {
  LineReader lines;
  Session session(options);
  std::string input;
  for (std::string line; lines.next(input.empty() ? ">>> " : "... ", line);) {
    if (input.empty() && line.find_first_not_of(" \t") == std::string::npos) continue;
    input += line + "\n";
    if (!line.empty() && !session.is_complete(input)) continue;
    session.run(input);
    input.clear();
  }
  if (!input.empty()) session.run(input);
  return kYes;
}

}  // namespace larkspur::app
