#include "ops/kubernetes/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace larkspur::ops {

namespace {

std::unexpected<Refusal> refuse(RefusalReason reason, std::string message) {
  return std::unexpected(Refusal{reason, std::move(message)});
}

std::string shown(const Command& command) {
  return command.verb + (command.subcommand.empty() ? "" : " " + command.subcommand);
}

// Before the rules of the flags: "exec -it" is wrong because it is interactive, whatever is
// allowed.
Admitted<void> check_interactive(const Command& command) {
  const bool asks = std::ranges::any_of(command.flags, [](const GivenFlag& each) {
    return each.info->rule == FlagRule::kInteractive && each.on();
  });
  if (command.verb_class != VerbClass::kInteractive && !asks) return {};
  return refuse(RefusalReason::kInteractive,
                fmt::format("kubectl {} wants somebody at a terminal; use a command that ends by "
                            "itself, such as logs, describe, or exec without -i and -t",
                            shown(command)));
}

Admitted<void> check_class(const Command& command, const KubectlRules& rules) {
  switch (command.verb_class) {
    case VerbClass::kRead:
    case VerbClass::kInteractive:
      return {};
    case VerbClass::kPlugin:
      return refuse(RefusalReason::kPlugin, "plugins of kubectl are not run");
    case VerbClass::kLocal:
      return refuse(
          RefusalReason::kRemoteOrLocalFile,
          fmt::format("kubectl {} reads files and addresses outside the cluster", command.verb));
    case VerbClass::kNever:
      return refuse(RefusalReason::kWrite,
                    fmt::format("kubectl {} would change Larkspur's own configuration; read with "
                                "config get-contexts or config view",
                                shown(command)));
    case VerbClass::kCopy:
      if (rules.allow_write) {
        return refuse(
            RefusalReason::kWritesLocalFile,
            "kubectl cp reads and writes files of the machine that Larkspur runs on; use exec");
      }
      [[fallthrough]];
    case VerbClass::kWrite:
      if (rules.allow_write) return {};
      return refuse(RefusalReason::kWrite,
                    fmt::format("kubectl {} changes something, and this server only reads "
                                "(tools.kubectl.allowWrite is off)",
                                shown(command)));
  }
  return {};
}

Admitted<void> check_verbosity(std::string_view level) {
  if (level.size() == 1 && level[0] >= '0' && level[0] <= '5') return {};
  return refuse(RefusalReason::kForbiddenFlag,
                "-v above 5 shows headers and bodies of requests; use 0 to 5");
}

Admitted<void> check_output(std::string_view format) {
  if (!format.substr(0, format.find('=')).contains("file")) return {};
  return refuse(
      RefusalReason::kRemoteOrLocalFile,
      "-o ...-file reads a file of the machine that Larkspur runs on; give the template itself");
}

Admitted<void> check_filename(std::string_view value, bool has_manifest) {
  if (value != "-") {
    return refuse(RefusalReason::kRemoteOrLocalFile,
                  "-f takes '-' only: give the text as the argument 'manifest'");
  }
  if (!has_manifest) {
    return refuse(RefusalReason::kRemoteOrLocalFile,
                  "-f - reads the argument 'manifest', which this call has not");
  }
  return {};
}

// One path or what is below it; nothing that a server may read in another way.
bool is_below(std::string_view path, std::string_view allowed) {
  if (path == allowed) return true;
  return path.starts_with(allowed) && (allowed.ends_with('/') || path[allowed.size()] == '/');
}

Admitted<void> check_raw(const Command& command, std::string_view value,
                         const KubectlRules& rules) {
  if (command.verb != "get") {
    return refuse(RefusalReason::kRawPath,
                  fmt::format("--raw is for get only, not for {}", shown(command)));
  }
  const std::string_view path = value.substr(0, value.find('?'));
  const bool plain =
      !path.contains("..") && !path.contains('%') && !path.contains("//") && !path.contains('\\');
  const bool sensitive = !rules.allow_sensitive && to_lower(path).contains("secret");
  if (plain && !sensitive && std::ranges::any_of(rules.raw_paths, [&](const std::string& allowed) {
        return is_below(path, allowed);
      })) {
    return {};
  }
  return refuse(
      RefusalReason::kRawPath,
      fmt::format("get --raw may not ask for '{}'; it may for {}",
                  printable(truncate_utf8(value, 128)),
                  rules.raw_paths.empty() ? "nothing"
                                          : fmt::format("{}", fmt::join(rules.raw_paths, ", "))));
}

Admitted<void> check_flag(const Command& command, const GivenFlag& flag, const KubectlRules& rules,
                          bool has_manifest) {
  const std::string name = fmt::format("--{}", flag.info->name);
  switch (flag.info->rule) {
    case FlagRule::kForbidden:
      return refuse(
          RefusalReason::kForbiddenFlag,
          fmt::format("{} is not the caller's to choose: the cluster and the identity are "
                      "settled by Larkspur's configuration",
                      name));
    case FlagRule::kWritesFile:
      return refuse(RefusalReason::kWritesLocalFile,
                    fmt::format("{} writes files on the machine that Larkspur runs on", name));
    case FlagRule::kReadsFile:
      return refuse(
          RefusalReason::kRemoteOrLocalFile,
          fmt::format("{} reads files of the machine that Larkspur runs on; give a manifest "
                      "with -f - instead",
                      name));
    case FlagRule::kFilename:
      return check_filename(flag.value, has_manifest);
    case FlagRule::kOutput:
      return check_output(flag.value);
    case FlagRule::kRaw:
      return check_raw(command, flag.value, rules);
    case FlagRule::kVerbosity:
      return check_verbosity(flag.value);
    case FlagRule::kSensitive:
      if (rules.allow_sensitive) return {};
      return refuse(RefusalReason::kSensitiveResource, fmt::format("{} shows credentials", name));
    default:
      return {};
  }
}

// "secret", "Secrets", "secrets.v1.", "secret/x", "pods,secrets".
bool names_secret(std::string_view operand) {
  operand = operand.substr(0, operand.find('/'));
  while (!operand.empty()) {
    const std::size_t comma = std::min(operand.find(','), operand.size());
    const std::string type = to_lower(operand.substr(0, std::min(operand.find('.'), comma)));
    if (type == "secret" || type == "secrets") return true;
    operand.remove_prefix(std::min(comma + 1, operand.size()));
  }
  return false;
}

// TYPE NAME NAME, or TYPE/NAME TYPE/NAME: a name alone is never a type.
bool is_about_secrets(const Command& command) {
  bool first = true;
  for (const std::string& operand : command.operands) {
    if ((first || operand.contains('/')) && names_secret(operand)) return true;
    first = false;
  }
  return false;
}

// Templates can show a Secret's fields in a form where nobody recognises them.
bool shows_fields_freely(const Command& command) {
  for (const GivenFlag& each : command.flags) {
    if (each.info->rule == FlagRule::kTemplate) return true;
    if (each.info->rule == FlagRule::kFor && to_lower(each.value).contains("jsonpath")) return true;
    if (each.info->rule == FlagRule::kOutput && shows_fields(command) && each.value != "json" &&
        each.value != "yaml" && each.value != "kyaml") {
      return true;
    }
  }
  return false;
}

Admitted<void> check_sensitive(const Command& command) {
  const auto refuse_secret = [](std::string_view what) {
    return refuse(
        RefusalReason::kSensitiveResource,
        fmt::format("{} would show the values of Secrets (tools.kubectl.allowSensitive is "
                    "off); 'get secrets' shows names, 'describe secret NAME' keys and sizes",
                    what));
  };
  if (command.verb == "create" && !command.operands.empty() &&
      command.operands.front() == "token") {
    return refuse_secret("create token");
  }
  if (command.verb == "apply" && !command.operands.empty() &&
      command.operands.front() == "view-last-applied") {
    return refuse_secret("apply view-last-applied");
  }
  if (command.verb == "explain" || command.verb == "auth") return {};  // no objects are shown
  if (is_about_secrets(command) && (shows_fields(command) || shows_fields_freely(command))) {
    return refuse_secret("this form of output");
  }
  if (command.flag("filename") != nullptr && shows_fields_freely(command)) {
    return refuse_secret("a template over a manifest, which may hold Secrets,");
  }
  return {};
}

}  // namespace

bool shows_fields(const Command& command) {
  return std::ranges::any_of(command.flags, [](const GivenFlag& each) {
    return each.info->rule == FlagRule::kOutput && !each.value.empty() && each.value != "wide" &&
           each.value != "name";
  });
}

Admitted<Command> admit_command(std::string_view text, const KubectlRules& rules,
                                bool has_manifest) {
  auto command = parse_command(text);
  if (!command) return command;
  if (auto checked = check_interactive(*command); !checked) return std::unexpected(checked.error());
  if (auto checked = check_class(*command, rules); !checked)
    return std::unexpected(checked.error());
  for (const GivenFlag& each : command->flags) {
    if (auto checked = check_flag(*command, each, rules, has_manifest); !checked) {
      return std::unexpected(checked.error());
    }
  }
  if (!rules.allow_sensitive) {
    if (auto checked = check_sensitive(*command); !checked) return std::unexpected(checked.error());
  }
  return command;
}

}  // namespace larkspur::ops
