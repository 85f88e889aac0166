// A kubectl command, taken apart the way kubectl does it, and put together again so that there is
// only one way left to read it: what was decided about is what runs.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "ops/kubernetes/flags.h"

namespace larkspur::ops {

enum class VerbClass : unsigned char {
  kRead,
  kWrite,
  kNever,
  kLocal,
  kCopy,
  kInteractive,
  kPlugin
};

enum class RefusalReason : unsigned char {
#define KUBECTL_REFUSAL(name, id, code) name,
#include "ops/kubernetes/refusals.def"
#undef KUBECTL_REFUSAL
};

std::string_view policy_id(RefusalReason reason);   // "shell_metachar"
std::string_view error_code(RefusalReason reason);  // "ShellSyntaxNotSupported"

struct Refusal {
  RefusalReason reason;
  std::string message;  // what, why, and what to do instead
};
template <class T>
using Admitted = std::expected<T, Refusal>;

struct GivenFlag {
  const FlagInfo* info;
  std::string value;  // "true" for a switch that was just named
  // Whether a switch is on. What is no truth value counts as on: kubectl will refuse it.
  bool on() const {
    return value != "false" && value != "False" && value != "FALSE" && value != "0" &&
           value != "f" && value != "F";
  }
};

struct Command {
  std::string verb;
  std::string subcommand;  // "" where the verb has none
  VerbClass verb_class = VerbClass::kRead;
  std::vector<GivenFlag> flags;
  std::vector<std::string> operands;    // after verb and subcommand, before "--"
  std::vector<std::string> after_dash;  // behind "--": what exec and run start in a container
  bool has_dash = false;

  // The last one of that name; nullptr for none.
  const GivenFlag* flag(std::string_view name) const;
  bool is_on(std::string_view name) const;
  // It runs until somebody stops it.
  bool streams() const;

  // verb, subcommand, operands, --flag=value ..., -- ...; without "kubectl".
  std::vector<std::string> canonical() const;
};

// A leading "kubectl" is left out. Refuses shell characters, unknown commands and unknown flags;
// everything else is for the policy.
Admitted<Command> parse_command(std::string_view text);

}  // namespace larkspur::ops
