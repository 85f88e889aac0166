#include "ops/kubernetes/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "ops/kubernetes/words.h"

namespace larkspur::ops {

namespace {

struct VerbRow {
  std::string_view verb, subcommand;
  VerbClass verb_class;
};

constexpr VerbRow kVerbs[] = {
#define KUBECTL_VERB(verb, subcommand, verb_class) {verb, subcommand, VerbClass::verb_class},
#include "ops/kubernetes/verbs.def"
#undef KUBECTL_VERB
};

std::unexpected<Refusal> refuse(RefusalReason reason, std::string message) {
  return std::unexpected(Refusal{reason, std::move(message)});
}

std::unexpected<Refusal> unknown_flag(std::string_view shown) {
  std::string message = fmt::format("there is no flag {} that kubectl may be given here",
                                    printable(truncate_utf8(shown, 64)));
  if (shown.starts_with("--")) {
    const auto names = flag_names();
    if (const auto guess = nearest(shown.substr(2), names)) {
      message += fmt::format("; did you mean --{}?", *guess);
    }
  }
  return refuse(RefusalReason::kUnknownFlag, std::move(message));
}

// The words of one command line, one after the other.
class Parser {
 public:
  explicit Parser(std::vector<std::string> words) : words_(std::move(words)) {}

  Admitted<Command> run() {
    if (!words_.empty() && words_.front() == "kubectl") ++at_;
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (word == "--") {
        if (!runs_a_command()) {
          return refuse(RefusalReason::kUnknownFlag, "'--' goes with exec, run and create only");
        }
        command_.has_dash = true;
        command_.after_dash.assign(words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
        break;
      }
      if (word.starts_with("--")) {
        if (auto taken = take_long(word); !taken) return std::unexpected(taken.error());
      } else if (word.size() > 1 && word.front() == '-') {
        if (auto taken = take_short(word); !taken) return std::unexpected(taken.error());
      } else if (command_.verb.empty()) {
        if (auto taken = take_verb(word); !taken) return std::unexpected(taken.error());
      } else {
        command_.operands.push_back(word);
      }
    }
    if (command_.verb.empty()) {
      return refuse(RefusalReason::kUnknownCommand,
                    "no command: write what comes after 'kubectl', such as: get pods -n default");
    }
    if (auto settled = settle_subcommand(); !settled) return std::unexpected(settled.error());
    return std::move(command_);
  }

 private:
  Admitted<void> take_verb(const std::string& word) {
    if (std::ranges::find(kVerbs, std::string_view(word), &VerbRow::verb) == std::end(kVerbs)) {
      std::vector<std::string_view> names;
      for (const VerbRow& each : kVerbs) names.push_back(each.verb);
      std::string message =
          fmt::format("'{}' is no command of kubectl's", printable(truncate_utf8(word, 64)));
      if (const auto guess = nearest(word, names))
        message += fmt::format("; did you mean {}?", *guess);
      return refuse(RefusalReason::kUnknownCommand, std::move(message));
    }
    command_.verb = word;
    return {};
  }

  // Of these what stands behind "--" is for somebody else; kubectl would read it as operands of the
  // others.
  bool runs_a_command() const {
    return command_.verb == "exec" || command_.verb == "run" || command_.verb == "create";
  }

  // The row of the verb and its subcommand decides about the class.
  Admitted<void> settle_subcommand() {
    const std::string first = command_.operands.empty() ? "" : command_.operands.front();
    const VerbRow* row = nullptr;
    for (const VerbRow& each : kVerbs) {
      if (each.verb != command_.verb) continue;
      if (each.subcommand == first ||
          (row == nullptr && (each.subcommand.empty() || each.subcommand == "*")))
        row = &each;
    }
    if (row == nullptr) {
      return refuse(RefusalReason::kUnknownCommand,
                    fmt::format("{} needs a subcommand", command_.verb));
    }
    command_.verb_class = row->verb_class;
    if (!row->subcommand.empty() && !first.empty()) {
      command_.subcommand = first;
      command_.operands.erase(command_.operands.begin());
    }
    return {};
  }

  // kubectl reads the words before its command by its global flags only: a value of another flag
  // would become the command there.
  Admitted<void> check_place(const FlagInfo& flag, std::string_view shown) const {
    const bool anywhere = flag.rule == FlagRule::kGlobal || flag.rule == FlagRule::kForbidden ||
                          flag.rule == FlagRule::kVerbosity;
    if (!command_.verb.empty() || anywhere) return {};
    return refuse(RefusalReason::kUnknownFlag,
                  fmt::format("{} stands before the command; put it behind", printable(shown)));
  }

  Admitted<void> take_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
    const FlagInfo* flag = long_flag(name, command_.verb);
    if (flag == nullptr) return unknown_flag(word.substr(0, equals));
    if (auto placed = check_place(*flag, word.substr(0, equals)); !placed) return placed;
    if (equals != word.npos) return add(*flag, std::string(word.substr(equals + 1)));
    return take_value(*flag, word);
  }

  // -n x, -nx, -n=x, and several at once: -Aw, -Ao yaml, -Aoyaml.
  Admitted<void> take_short(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const FlagInfo* flag = short_flag(word[i], command_.verb);
      if (flag == nullptr) return unknown_flag(word.substr(0, i + 1));
      if (auto placed = check_place(*flag, word.substr(0, i + 1)); !placed) return placed;
      const std::string_view rest = word.substr(i + 1);
      if (rest.starts_with('=')) return add(*flag, std::string(rest.substr(1)));
      if (flag->takes == FlagTakes::kValue) {
        return rest.empty() ? take_value(*flag, word) : add(*flag, std::string(rest));
      }
      if (auto added = take_value(*flag, word); !added) return added;
    }
    return {};
  }

  // The value that a flag has without '='.
  Admitted<void> take_value(const FlagInfo& flag, std::string_view shown) {
    if (flag.takes == FlagTakes::kNone) return add(flag, "true");
    if (flag.takes == FlagTakes::kOptional) return add(flag, "");
    if (at_ == words_.size()) {
      return refuse(RefusalReason::kUnknownFlag, fmt::format("{} needs a value", printable(shown)));
    }
    return add(flag, words_[at_++]);
  }

  Admitted<void> add(const FlagInfo& flag, std::string value) {
    command_.flags.push_back({&flag, std::move(value)});
    return {};
  }

  std::vector<std::string> words_;
  std::size_t at_ = 0;
  Command command_;
};

}  // namespace

std::string_view policy_id(RefusalReason reason) {
  static constexpr std::string_view kIds[] = {
#define KUBECTL_REFUSAL(name, id, code) id,
#include "ops/kubernetes/refusals.def"
#undef KUBECTL_REFUSAL
  };
  return kIds[static_cast<std::size_t>(reason)];
}

std::string_view error_code(RefusalReason reason) {
  static constexpr std::string_view kCodes[] = {
#define KUBECTL_REFUSAL(name, id, code) code,
#include "ops/kubernetes/refusals.def"
#undef KUBECTL_REFUSAL
  };
  return kCodes[static_cast<std::size_t>(reason)];
}

const GivenFlag* Command::flag(std::string_view name) const {
  for (const GivenFlag& each : flags | std::views::reverse) {
    if (each.info->name == name) return &each;
  }
  return nullptr;
}

bool Command::is_on(std::string_view name) const {
  const GivenFlag* given = flag(name);
  return given != nullptr && given->on();
}

bool Command::streams() const {
  if (verb == "wait") return true;
  const GivenFlag* watch = flag("watch");
  if (verb == "rollout" && subcommand == "status") return watch == nullptr || watch->on();
  return std::ranges::any_of(flags, [](const GivenFlag& each) {
    return each.info->rule == FlagRule::kStreams && each.on();
  });
}

std::vector<std::string> Command::canonical() const {
  std::vector<std::string> argv{verb};
  if (!subcommand.empty()) argv.push_back(subcommand);
  // Operands first: of some commands the first one is a subcommand (top pods), before whose name
  // its flags mean nothing.
  argv.insert(argv.end(), operands.begin(), operands.end());
  for (const GivenFlag& each : flags) {
    std::string word = fmt::format("--{}", each.info->name);
    const bool bare = (each.info->takes == FlagTakes::kNone && each.value == "true") ||
                      (each.info->takes == FlagTakes::kOptional && each.value.empty());
    argv.push_back(bare ? std::move(word) : fmt::format("{}={}", word, each.value));
  }
  if (has_dash) argv.emplace_back("--");
  argv.insert(argv.end(), after_dash.begin(), after_dash.end());
  return argv;
}

Admitted<Command> parse_command(std::string_view text) {
  auto words = split_words(text);
  if (!words) return refuse(RefusalReason::kShellMetachar, std::move(words.error().message));
  return Parser(std::move(*words)).run();
}

}  // namespace larkspur::ops
