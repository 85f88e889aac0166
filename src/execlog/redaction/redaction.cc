#include "execlog/redaction/redaction.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/text.h"
#include "execlog/redaction/hidden_secrets.h"
#include "execlog/redaction/secret_hints.h"

namespace larkspur::execlog {

namespace {

constexpr std::string_view kMarker = "[REDACTED]";

// The ends of names whose values are secrets: apiKey, AWS_SECRET_ACCESS_KEY, client-key-data, ...
constexpr std::string_view kSecretName =
    "(?:[A-Za-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|"
    "(?:shared[_-]?)?access[_-]?key(?:[_-]?(?:id|secret))?|account[_-]?key|client[_-]key|"
    "client-(?:key|certificate)-data|credentials?|kubeconfig|dockerconfigjson)|"
    "signature|x-amz-[a-z0-9-]+|sig|pwd)";

// A value after such a name: quoted, quoted inside a JSON string, or bare up to the next separator.
constexpr std::string_view kBareValue = R"re([^\s,;&#"'\\<>{}()\[\]]+)re";

struct Rule {
  const char* what;
  std::string pattern;
  const char* rewrite;
};

// Structure before shapes: a rule that knows the place of a value keeps more of what surrounds it.
// Whatever a new rule looks for needs a hint in secret_hints.cc.
std::vector<Rule> rules() {
  const std::string key = fmt::format(R"re((\b{}\\?["']?\s*[:=]\s*))re", kSecretName);
  return {
      {"private key, even one cut short",
       R"re((?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z))re",
       "[REDACTED PRIVATE KEY]"},
      {"database URL",
       R"re((?i)((?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?)://))re"
       R"re([^\s"'<>]*@)re",
       "\\1[REDACTED]@"},
      {"URL userinfo", R"re(([A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#"'<>]*@)re", "\\1[REDACTED]@"},
      {"managed Prometheus path", R"re((/api/v1/prometheus/)[^\s"'?#]*?(/api/v1/|[\s"'?#]|\z))re",
       "\\1[REDACTED]\\2"},
      {"Slack webhook", R"re((hooks\.slack\.com/(?:services|workflows)/)[^\s"'<>\\\[]+)re",
       "\\1[REDACTED]"},
      {"authorization of many parts",
       R"re((?i)(\b(?:proxy-)?authorization\s*[:=]\s*(?:digest|oauth|hawk|signature)[ \t]+)[^\r\n]+)re",
       "\\1[REDACTED]"},
      {"authorization header",
       R"re((?i)(\b(?:proxy-)?authorization\\?["']?\s*[:=]\s*\\?["']?(?:(?:bearer|basic|digest|)re"
       R"re(negotiate|token|acs3-hmac-sha256|aws4-hmac-sha256|log|acs)[ \t]+)?)[^\r\n"'\\]+)re",
       "\\1[REDACTED]"},
      {"cookie header", R"re((?i)(\b(?:set-)?cookie\\?["']?\s*[:=]\s*\\?["']?)[^\r\n"'\\]+)re",
       "\\1[REDACTED]"},
      {"literal of a Kubernetes secret",
       fmt::format(R"re((--from-literal(?:=|\s+)[^=\s]+=)(?:"[^"]*"|'[^']*'|{}))re", kBareValue),
       "\\1[REDACTED]"},
      {"secret flag",
       fmt::format(R"re((?i)(\s--?{}[ \t]+|^--?{}[ \t]+)(?:"[^"]*"|'[^']*'|{}))re", kSecretName,
                   kSecretName, kBareValue),
       "\\1[REDACTED]"},
      {"quoted value", "(?i)" + key + R"re("(?:[^"\\]|\\.)*")re", "\\1\"[REDACTED]\""},
      {"single-quoted value", "(?i)" + key + R"re('[^']*')re", "\\1'[REDACTED]'"},
      {"value quoted in a JSON string", "(?i)" + key + R"re(\\"[^"\\]*\\")re",
       "\\1\\\\\"[REDACTED]\\\\\""},
      {"bare value", "(?i)" + key + std::string(kBareValue), "\\1[REDACTED]"},
      // A word of prose ("bearer token expired") is all lower case; a credential hardly ever is.
      {"bearer credential",
       R"re(\b((?i:bearer)\s+)[A-Za-z0-9._~+/=-]*[A-Z0-9._~+/=][A-Za-z0-9._~+/=-]*)re",
       "\\1[REDACTED]"},
      {"basic credential", R"re(\b((?i:basic)\s+)[A-Za-z0-9+/]+[A-Z0-9+/=][A-Za-z0-9+/]*={0,2})re",
       "\\1[REDACTED]"},
      {"JWT", R"re(\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)re", "[REDACTED]"},
      {"cloud access key id",
       R"re(\b(LTAI|STS\.|AKIA|ASIA|AROA|AIDA)[A-Za-z0-9]{8,}([A-Za-z0-9]{4}))re", "\\1****\\2"},
      {"vendor key",
       R"re(\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|)re"
       R"re(gl(?:pat|dt|rt|ft|cbt|ptt|soat|agent|oas|imt)-[A-Za-z0-9_.-]{16,}|)re"
       R"re(AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{16,}|GOCSPX-[A-Za-z0-9_-]{16,}|)re"
       R"re(sk-[A-Za-z0-9_-]{16,}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|)re"
       R"re(xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|npm_[A-Za-z0-9]{30,}|)re"
       R"re(hf_[A-Za-z0-9]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|dop_v1_[a-f0-9]{32,}|)re"
       R"re(pypi-[A-Za-z0-9_-]{16,}))re",
       "[REDACTED]"},
  };
}

class Rules {
 public:
  static const Rules& get() {
    static const Rules rules;
    return rules;
  }

  bool apply(std::string& text) const {
    bool changed = false;
    for (const Compiled& rule : rules_) {
      if (RE2::GlobalReplace(&text, *rule.pattern, rule.rewrite) > 0) changed = true;
    }
    return changed;
  }

  bool names_a_secret(std::string_view name) const { return RE2::FullMatch(piece(name), name_); }

 private:
  struct Compiled {
    std::unique_ptr<RE2> pattern;
    const char* rewrite;
  };

  Rules() : name_("(?i)" + std::string(kSecretName), RE2::Quiet) {
    // Latin-1: texts may hold bytes that are not UTF-8, and a secret beside one is a secret still.
    RE2::Options options(RE2::Quiet);
    options.set_encoding(RE2::Options::EncodingLatin1);
    for (const Rule& rule : execlog::rules()) {
      rules_.push_back({std::make_unique<RE2>(rule.pattern, options), rule.rewrite});
    }
  }

  static re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

  RE2 name_;
  std::vector<Compiled> rules_;
};

std::string quoted_if_needed(const std::string& argument) {
  if (!argument.empty() && argument.find_first_of(" \t\r\n\"'") == std::string::npos)
    return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? '"' : c;
  return quoted + "'";
}

}  // namespace

bool redact(std::string& text) {
  const bool hints = hints_at_a_secret(text);
  const bool encoded = has_long_word(text);
  if (!hints && !encoded) return false;
  const Rules& rules = Rules::get();
  // One rule's marker can give another rule's pattern its end, so go on until nothing moves; the
  // bound is a guard that no known text reaches.
  const std::string before = text;
  for (int pass = 0; hints && pass < 8; ++pass) {
    const std::string previous = text;
    redact_compounds(text);
    rules.apply(text);
    if (text == previous) break;
  }
  if (encoded) redact_encoded(text);
  return text != before;
}

std::string redacted(std::string_view text) {
  std::string out(text);
  redact(out);
  return out;
}

std::string redacted_command(std::span<const std::string> arguments) {
  std::string command;
  bool hide_next = false;
  for (const std::string& argument : arguments) {
    if (!command.empty()) command += ' ';
    const std::size_t equals = argument.find('=');
    const std::string_view flag = std::string_view(argument).substr(0, equals);
    const std::string_view name = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
    const bool secret_flag = flag.starts_with('-') && names_a_secret(name);
    if (hide_next) {
      command += kMarker;
    } else if (secret_flag && equals != std::string::npos) {
      command += fmt::format("{}={}", flag, kMarker);
    } else {
      command += quoted_if_needed(argument);
    }
    hide_next = !hide_next && secret_flag && equals == std::string::npos;
  }
  redact(command);
  return command;
}

bool names_a_secret(std::string_view name) {
  return Rules::get().names_a_secret(name) || equals_ignore_case(name, "authorization") ||
         equals_ignore_case(name, "cookie") || equals_ignore_case(name, "set-cookie");
}

bool is_storable_header(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kStorable{
      "x-acs-request-id", "x-log-requestid", "content-type", "retry-after", "server-timing"};
  return std::ranges::any_of(
      kStorable, [&](std::string_view allowed) { return equals_ignore_case(allowed, name); });
}

}  // namespace larkspur::execlog
