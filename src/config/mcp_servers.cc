// The mcpServers JSON that MCP clients keep their servers in. It is read by the same reader as our
// own file: JSON is YAML's subset, and so every mistake has a line and a column.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/load.h"
#include "config/reader.h"
#include "config/validate.h"

namespace larkspur::config {

namespace {

// The shapes that the common clients write. They differ in how they spell the URL and the type.
struct ClientServer {
  std::string type;
  std::string transport;
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string cwd;
  std::string url;
  std::string server_url;
  std::string http_url;
  std::map<std::string, std::string> headers;
  bool disabled = false;
};

// What clients keep there for themselves; of no meaning to a gateway.
constexpr std::array<std::string_view, 14> kClientsOwn{
    "alwaysAllow", "autoApprove", "description", "timeout",       "trust", "tools",     "note",
    "icon",        "oauth",       "gallery",     "disabledTools", "name",  "autoStart", "version"};

}  // namespace

template <>
inline constexpr auto kKeys<ClientServer> = std::tuple{
    Key{"type", &ClientServer::type, ""},         Key{"transport", &ClientServer::transport, ""},
    Key{"command", &ClientServer::command, ""},   Key{"args", &ClientServer::args, ""},
    Key{"env", &ClientServer::env, ""},           Key{"cwd", &ClientServer::cwd, ""},
    Key{"url", &ClientServer::url, ""},           Key{"serverUrl", &ClientServer::server_url, ""},
    Key{"httpUrl", &ClientServer::http_url, ""},  Key{"headers", &ClientServer::headers, ""},
    Key{"disabled", &ClientServer::disabled, ""},
};

namespace {

class McpServersReader {
 public:
  McpServersReader(std::string_view filename, const LoadOptions& options)
      : report_(filename), secrets_(options, ""), options_(options) {}

  Checked<std::vector<Backend>> read(const Node& root) {
    const Node* servers = find_servers(root);
    if (servers != nullptr) {
      for (const Member& member : servers->members) read_server(member);
    }
    if (!report_.ok()) return std::unexpected(report_.take_problems());
    return Loaded<std::vector<Backend>>{std::move(backends_), report_.take_warnings()};
  }

 private:
  // Only "mcpServers" matters: the file may be a client's whole settings.
  const Node* find_servers(const Node& root) {
    const Node* servers = root.find("mcpServers");
    if (servers != nullptr && servers->kind == Node::Kind::kMap) return servers;
    std::string seen;
    for (const Member& member : root.members) {
      if (nearest("mcpServers", std::array<std::string_view, 1>{member.key})) seen = member.key;
    }
    report_.problem(
        servers != nullptr ? servers->place : root.place,
        fmt::format("expected an object with the member 'mcpServers', which is an object "
                    "of servers{}",
                    seen.empty() || servers != nullptr
                        ? ""
                        : fmt::format("; {} is nearly that", in_quotes(seen))));
    return nullptr;
  }

  void read_server(const Member& member) {
    Node known = member.value;
    std::erase_if(known.members, [](const Member& m) {
      return std::ranges::find(kClientsOwn, m.key) != kClientsOwn.end();
    });
    const std::size_t problems_before = report_.problem_count();
    Reader reader(report_, secrets_, fmt::format("server {}", in_quotes(member.key)));
    reader.tolerate_unknown_keys();
    ClientServer server;
    reader.read(known, server);
    if (server.disabled) return;

    Backend backend;
    backend.name = member.key;
    const Places& places = reader.places();
    const auto place = [&](std::string path) {
      return places.has(path) ? places.at(std::move(path)) : member.place;
    };
    settle_transport(server, backend, place);
    backend.command = expand(server.command, place("command"));
    for (std::size_t i = 0; i < server.args.size(); ++i) {
      backend.args.push_back(expand(server.args[i], place(fmt::format("args[{}]", i))));
    }
    backend.working_directory = expand(server.cwd, place("cwd"));
    read_values(server.env, backend.env, "env", place);
    read_values(server.headers, backend.headers, "headers", place);

    backends_.push_back(std::move(backend));
    // What else is wrong with a server that could not be read is mostly an echo of that.
    if (report_.problem_count() > problems_before) return;
    Places at_member;
    at_member.add("server", member.place);
    const bool typed = !server.type.empty() || !server.transport.empty();
    validate_backend(backends_.back(), "server", typed, at_member, report_);
  }

  template <class PlaceOf>
  void settle_transport(const ClientServer& server, Backend& backend, const PlaceOf& place) {
    const std::string& type = !server.type.empty() ? server.type : server.transport;
    const std::string& url = !server.url.empty()          ? server.url
                             : !server.server_url.empty() ? server.server_url
                                                          : server.http_url;
    const std::string_view url_key = !server.url.empty()          ? "url"
                                     : !server.server_url.empty() ? "serverUrl"
                                                                  : "httpUrl";
    backend.url = expand(url, place(std::string(url_key)));
    if (type == "sse") {
      backend.transport = Transport::kSse;
    } else if (type == "stdio" || (type.empty() && !server.command.empty())) {
      backend.transport = Transport::kStdio;
    } else if (!type.empty() && type != "http" && type != "streamable-http" &&
               type != "streamableHttp" && type != "streamable_http") {
      report_.problem(place("type"),
                      fmt::format("type must be stdio, http, streamable-http or sse, "
                                  "not {}",
                                  in_quotes(type)));
    }
  }

  template <class PlaceOf>
  void read_values(const std::map<std::string, std::string>& from,
                   std::map<std::string, Secret>& to, std::string_view group,
                   const PlaceOf& place) {
    for (const auto& [name, text] : from) {
      const Place where = place(fmt::format("{}.{}", group, name));
      // Clients write secrets into this file, so it must work; but nobody should be proud of it.
      if (names_credential(name) && text.find("${") == std::string::npos) {
        report_.warning(where, fmt::format("{}.{} stands in plain text in this file; ${{{}}} takes "
                                           "it from the environment",
                                           group, name, variable_name(name)));
      }
      std::string value = expand(text, where);
      if (has_control_character(value)) report_.problem(where, kControlCharacterMessage);
      to.emplace(name, Secret(std::move(value)));
    }
  }

  static std::string variable_name(std::string_view name) {
    std::string upper;
    for (const char c : name) {
      const bool lower = c >= 'a' && c <= 'z';
      upper += lower ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
    }
    return upper;
  }

  // ${NAME}, ${env:NAME} and ${NAME:-default}, as the clients have them.
  std::string expand(std::string_view text, Place where) {
    std::string out;
    while (true) {
      const std::size_t start = text.find("${");
      const std::size_t end = start == std::string_view::npos ? start : text.find('}', start);
      if (end == std::string_view::npos) return out.append(text);
      out.append(text.substr(0, start));
      std::string_view name = text.substr(start + 2, end - start - 2);
      text.remove_prefix(end + 1);
      if (name.starts_with("env:")) name.remove_prefix(4);
      const std::size_t dash = name.find(":-");
      const auto value = secrets_.environment(std::string(name.substr(0, dash)));
      if (value) {
        out.append(*value);
      } else if (dash != std::string_view::npos) {
        out.append(name.substr(dash + 2));
      } else if (options_.resolve_secrets) {
        report_.problem(where,
                        fmt::format("the environment variable {} is not set; set it, or give "
                                    "a default: ${{{}:-default}}",
                                    in_quotes(name), name));
      }
    }
  }

  Report report_;
  SecretResolver secrets_;
  const LoadOptions& options_;
  std::vector<Backend> backends_;
};

}  // namespace

Checked<std::vector<Backend>> read_mcp_servers_text(std::string_view json,
                                                    std::string_view filename,
                                                    const LoadOptions& options) {
  const auto tree = parse_tree(json, filename, Syntax::kJson);
  if (!tree) return std::unexpected(Problems{tree.error()});
  return McpServersReader(filename, options).read(*tree);
}

Checked<std::vector<Backend>> read_mcp_servers(const std::filesystem::path& path,
                                               const LoadOptions& options) {
  const auto text = read_file(path, kMaxFileBytes);
  if (!text) {
    return std::unexpected(
        Problems{{path.string(), 0, 0, fmt::format("cannot read it: {}", text.error())}});
  }
  return read_mcp_servers_text(*text, path.string(), options);
}

}  // namespace larkspur::config
