// Our tables against the kubectl that is installed (or $LARKSPUR_KUBECTL): its help says which
// commands and flags it has. A flag that takes a value there and none here would let a value pass
// for a command, or a command for a value.
#include "ops/kubernetes/flags.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ops/kubernetes/policy.h"

namespace larkspur::ops {
namespace {

std::string program() {
  const char* chosen = std::getenv("LARKSPUR_KUBECTL");
  return chosen == nullptr ? "kubectl" : chosen;
}

std::string said(const std::string& arguments) {
  const std::string command =
      "KUBECONFIG=/dev/null HOME=/nonexistent " + program() + " " + arguments + " 2>&1 </dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string text;
  char piece[4096];
  while (const std::size_t n = std::fread(piece, 1, sizeof piece, pipe.get())) {
    text.append(piece, n);
  }
  return text;
}

struct Shown {
  std::vector<std::string> command;  // "rollout", "status"; {} for the flags of all commands
  char letter;
  std::string name, fallback;

  std::string words() const {
    std::string text;
    for (const std::string& each : command) text += each + " ";
    return text;
  }
  std::string verb() const { return command.empty() ? "" : command.front(); }
};

void read_flags(const std::string& help, const std::vector<std::string>& command,
                std::vector<Shown>& flags) {
  static const RE2 kFlag(R"((?m)^ {2,8}(?:-(\w), )?--([a-z][a-z0-9-]*)=([^:\n]*|:0):)");
  std::string letter, name, fallback;
  re2::StringPiece rest(help);
  while (RE2::FindAndConsume(&rest, kFlag, &letter, &name, &fallback)) {
    flags.push_back({command, letter.empty() ? ' ' : letter.front(), name, fallback});
  }
}

std::vector<std::string> commands_below(const std::string& help) {
  static const RE2 kRow(R"(^  ([a-z][a-z-]*) +\S)");
  std::vector<std::string> names;
  bool inside = false;
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = std::min(help.find('\n', at), help.size());
    const std::string line = help.substr(at, end - at);
    std::string name;
    if (line.ends_with(':') && line.contains("Commands")) {
      inside = true;
    } else if (!line.empty() && line.front() != ' ') {
      inside = false;
    } else if (inside && RE2::PartialMatch(line, kRow, &name)) {
      names.push_back(name);
    }
    at = end + 1;
  }
  return names;
}

// Every flag of every command, two words deep.
const std::vector<Shown>& all_flags() {
  static const std::vector<Shown> flags = [] {
    std::vector<Shown> found;
    read_flags(said("options"), {}, found);
    for (const std::string& verb : commands_below(said("--help"))) {
      const std::string help = said(verb + " --help");
      read_flags(help, {verb}, found);
      for (const std::string& below : commands_below(help)) {
        read_flags(said(verb + " " + below + " --help"), {verb, below}, found);
      }
    }
    return found;
  }();
  return flags;
}

class KubectlFlags : public testing::Test {
 protected:
  void SetUp() override {
    if (!said("version --client").contains("Client Version")) GTEST_SKIP() << "needs kubectl";
    ASSERT_GT(all_flags().size(), 300u);  // else its help has a form that we do not read
  }
};

TEST_F(KubectlFlags, EveryFlagThatTakesAValueIsKnownAsSuch) {
  std::set<std::string> asked;
  for (const Shown& each : all_flags()) {
    const FlagInfo* flag = long_flag(each.name, each.verb());
    if (flag == nullptr) continue;  // refused: the next test
    const bool is_switch = each.fallback == "true" || each.fallback == "false";
    if (is_switch) {
      EXPECT_NE(flag->takes, FlagTakes::kValue) << each.words() << "--" << each.name;
      continue;
    }
    EXPECT_NE(flag->takes, FlagTakes::kNone) << each.words() << "--" << each.name;
    // The help does not tell a value from one that may be left out. With --help before it nothing
    // runs, and a value that is missing is an error.
    if (!asked.insert(each.name).second) continue;
    const std::string complaint = said(each.words() + "--help --" + each.name);
    EXPECT_EQ(complaint.contains("flag needs an argument"), flag->takes == FlagTakes::kValue)
        << each.words() << "--" << each.name;
  }
}

TEST_F(KubectlFlags, EveryLetterMeansWhatItMeansToKubectl) {
  for (const Shown& each : all_flags()) {
    if (each.letter == ' ') continue;
    const FlagInfo* flag = short_flag(each.letter, each.verb());
    // One that we do not know is refused; one that we took for another would be run.
    if (flag == nullptr || long_flag(each.name, each.verb()) == nullptr) continue;
    EXPECT_EQ(flag->name, each.name) << each.words() << "-" << each.letter;
  }
}

TEST_F(KubectlFlags, WhatIsNotLetThroughIsNeverGuessed) {
  for (const Shown& each : all_flags()) {
    if (long_flag(each.name, each.verb()) != nullptr) continue;
    const std::string command = each.command.empty() ? "get " : each.words();
    EXPECT_FALSE(admit_command(command + "x --" + each.name + "=x", {.allow_write = true}))
        << command << "--" << each.name;
  }
}

// Who only reads finds every flag of the commands that read.
TEST_F(KubectlFlags, CommandsThatReadHaveAllOfTheirs) {
  for (const Shown& each : all_flags()) {
    if (!each.command.empty()) {
      const auto parsed = parse_command(each.words() + "x");
      if (!parsed || parsed->verb_class != VerbClass::kRead) continue;
    }
    EXPECT_NE(long_flag(each.name, each.verb()), nullptr) << each.words() << "--" << each.name;
  }
}

}  // namespace
}  // namespace larkspur::ops
