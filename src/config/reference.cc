// docs/reference/configuration.md, printed from the table of keys.
#include <fmt/format.h>

#include <set>

#include "config/load.h"
#include "config/schema.h"
#include "config/values.h"

namespace larkspur::config {

namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Printed by config::reference_markdown() from src/config/schema.h; a test holds it to that. -->
# Configuration

Larkspur reads one YAML file. Every key has a default but those marked *required*; a key with
nothing behind it counts as left out. A key that does not exist, or stands in the wrong place, is an
error with its line and column. `larkspur check FILE` says whether a file is good.

A **duration** is written `500ms`, `30s`, `1m30s` or `2h`; a **size** `4096`, `64KiB` or `16MiB`.
Anchors, aliases, tags and a second document in the file are refused.

## Secrets

Credentials stand in no file. The value of a header or of an environment variable is one of

| written | means |
|---|---|
| `env:NAME` | the environment variable `NAME` |
| `file:PATH` | the text of a file without its last line break; a relative path begins at the configuration |
| `Bearer env:NAME` | one word, a space, then one of the two above |
| `plain:TEXT` | `TEXT`, for one that only looks like a reference |
| anything else | itself; refused where the name says that a credential belongs there (`Authorization`, `X-Api-Key`, `GITHUB_TOKEN`, `DB_PASSWORD`, ...) |

## Servers from an MCP client's file

`--mcp-servers FILE` adds the servers of the JSON that MCP clients keep
(`{"mcpServers": {"name": {"command": ..., "args": [...], "env": {...}}}}`, or `"url"` and
`"headers"`). `${NAME}`, `${env:NAME}` and `${NAME:-default}` are taken from the environment. A
credential in plain text works there, with a warning. Disabled servers are left out.
)";

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;

template <HasWords E>
std::string words() {
  return std::apply(
      [](const auto&... word) {
        const std::vector<std::string_view> all{word.first...};
        return fmt::format("`{}`", fmt::join(all, "`, `"));
      },
      kWords<E>);
}

template <class T>
std::string type_name(const Rule& rule) {
  if constexpr (std::is_same_v<T, bool>)
    return "`true`, `false`";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (std::is_same_v<T, milliseconds>)
    return "duration";
  else if constexpr (std::is_same_v<T, Secret>)
    return "text or reference";
  else if constexpr (std::is_arithmetic_v<T>)
    return rule.bytes ? "size" : "number";
  else if constexpr (HasWords<T>)
    return words<T>();
  else if constexpr (kIsVector<T>)
    return "list of " + type_name<typename T::value_type>(rule);
  else if constexpr (kIsMap<T>)
    return "map to " + type_name<typename T::mapped_type>(rule);
  else
    return "keys";
}

template <class T>
std::string value_text(const T& value, const Rule& rule) {
  if constexpr (std::is_same_v<T, bool>)
    return value ? "`true`" : "`false`";
  else if constexpr (std::is_same_v<T, std::string>)
    return value.empty() ? "" : "`" + value + "`";
  else if constexpr (std::is_same_v<T, milliseconds>)
    return "`" + format_duration(value) + "`";
  else if constexpr (std::is_arithmetic_v<T>) {
    return rule.bytes ? "`" + format_size(static_cast<std::uint64_t>(value)) + "`"
                      : fmt::format("`{}`", value);
  } else if constexpr (HasWords<T>) {
    std::string out;
    std::apply(
        [&](const auto&... word) {
          ((word.second == value ? void(out = fmt::format("`{}`", word.first)) : void()), ...);
        },
        kWords<T>);
    return out;
  } else {
    return "";
  }
}

template <class T>
void print_section(std::string& out, const std::string& path, std::string_view help);

// The sections below a key, for the structs that its type is made of.
template <class T>
void print_below(std::string& out, const std::string& path, std::string_view help) {
  if constexpr (HasKeys<T>)
    print_section<T>(out, path, help);
  else if constexpr (kIsVector<T>)
    print_below<typename T::value_type>(out, path + "[]", help);
  else if constexpr (kIsMap<T>)
    print_below<typename T::mapped_type>(out, path + ".NAME", help);
}

template <class T>
void print_section(std::string& out, const std::string& path, std::string_view help) {
  const T defaults{};
  out += fmt::format("\n## {}\n\n{}\n\n| key | type | default | meaning |\n|---|---|---|---|\n",
                     path.empty() ? "The file" : "`" + path + "`", help);
  const auto row = [&]<class Value>(const Key<T, Value>& key) {
    const std::string fallback = key.rule.required ? "*required*"
                                 : !key.rule.fallback.empty()
                                     ? std::string(key.rule.fallback)
                                     : value_text(defaults.*key.member, key.rule);
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, type_name<Value>(key.rule), fallback,
                       key.help);
  };
  const auto below = [&]<class Value>(const Key<T, Value>& key) {
    print_below<Value>(out, fmt::format("{}{}{}", path, path.empty() ? "" : ".", key.name),
                       key.help);
  };
  std::apply(
      [&](const auto&... keys) {
        (row(keys), ...);
        (below(keys), ...);
      },
      kKeys<T>);
}

}  // namespace

std::string reference_markdown() {
  std::string out(kIntroduction);
  print_section<Config>(out, "", "The keys of the outermost level.");
  return out;
}

}  // namespace larkspur::config
