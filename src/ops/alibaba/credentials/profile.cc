#include "ops/alibaba/credentials/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"
#include "json/value.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::string_view kSession = "larkspur";
constexpr std::chrono::seconds kShortestSession{900}, kLongestSession{43'200};

// How a profile's values are asked for; "" for what is not there.
using Lookup = std::function<std::string(std::string_view key)>;

Error lacks(std::string_view profile, std::string_view key) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("profile '{}' has no {}", printable(profile), key)};
}

std::string or_else(std::string value, std::string_view otherwise) {
  return value.empty() ? std::string(otherwise) : value;
}

std::chrono::seconds duration(const std::string& text) {
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc{} || seconds == 0) return std::chrono::seconds(3'600);
  return std::clamp(std::chrono::seconds(seconds), kShortestSession, kLongestSession);
}

Result<StaticKeys> static_keys(std::string_view profile, const Lookup& get, bool with_token) {
  StaticKeys keys{get("access_key_id"), execlog::Secret(get("access_key_secret")), {}};
  if (keys.access_key_id.empty()) return fail(lacks(profile, "access_key_id"));
  if (keys.access_key_secret.empty()) return fail(lacks(profile, "access_key_secret"));
  if (with_token) {
    keys.security_token = execlog::Secret(or_else(get("sts_token"), get("security_token")));
    if (keys.security_token.empty()) return fail(lacks(profile, "security token"));
  }
  return keys;
}

Result<AssumedRole> assumed_role(std::string_view profile, const Lookup& get, Source base) {
  AssumedRole role{std::make_shared<const Source>(std::move(base)),
                   or_else(get("ram_role_arn"), get("role_arn")),
                   or_else(or_else(get("ram_session_name"), get("role_session_name")), kSession),
                   get("external_id"),
                   duration(or_else(get("expired_seconds"), get("session_expiration")))};
  if (role.role_arn.empty()) return fail(lacks(profile, "role ARN"));
  return role;
}

Result<OidcRole> oidc_role(std::string_view profile, const Lookup& get) {
  OidcRole role{or_else(get("ram_role_arn"), get("role_arn")), get("oidc_provider_arn"),
                or_else(get("oidc_token_file"), get("oidc_token_file_path")),
                or_else(or_else(get("ram_session_name"), get("role_session_name")), kSession),
                duration(or_else(get("expired_seconds"), get("session_expiration")))};
  if (role.role_arn.empty()) return fail(lacks(profile, "role ARN"));
  if (role.provider_arn.empty()) return fail(lacks(profile, "oidc_provider_arn"));
  if (role.token_file.empty()) return fail(lacks(profile, "OIDC token file"));
  return role;
}

template <class How>
Result<Source> as_source(std::string_view provider, Result<How> how) {
  if (!how) return fail(std::move(how.error()));
  return Source{std::string(provider), std::move(*how)};
}

// The CLI's profiles may lean on one another; a chain longer than this is a circle.
constexpr int kMaxChain = 8;

Result<Source> cli_profile(json::Value profiles, std::string_view name, int depth) {
  constexpr std::string_view kProvider = "cli_profile";
  for (const json::Value profile : profiles.elements()) {
    if (profile["name"].string() != name) continue;
    const Lookup get = [profile](std::string_view key) {
      const json::Value value = profile[key];
      return std::string(value.is_number() ? value.raw() : value.string());
    };
    const std::string_view mode = profile["mode"].string();
    if (mode == "AK") return as_source(kProvider, static_keys(name, get, false));
    if (mode == "StsToken") return as_source(kProvider, static_keys(name, get, true));
    if (mode == "OIDC") return as_source(kProvider, oidc_role(name, get));
    if (mode == "EcsRamRole") return Source{std::string(kProvider), EcsRole{get("ram_role_name")}};
    if (mode == "RamRoleArn") {
      auto keys = as_source(kProvider, static_keys(name, get, false));
      if (!keys) return keys;
      return as_source(kProvider, assumed_role(name, get, std::move(*keys)));
    }
    if (mode == "ChainableRamRoleArn") {
      if (depth >= kMaxChain) {
        return fail(ErrorCode::kInvalidArgument, "the profiles' source_profile runs in a circle");
      }
      auto base = cli_profile(profiles, profile["source_profile"].string(), depth + 1);
      if (!base) return base;
      return as_source(kProvider, assumed_role(name, get, std::move(*base)));
    }
    return fail(ErrorCode::kUnsupported,
                fmt::format("profile '{}' has mode '{}', which Larkspur cannot use",
                            printable(name), printable(mode)));
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no profile '{}'", printable(name)));
}

using Section = std::map<std::string, std::string, std::less<>>;

// The keys of one section; nullopt when the file does not have it.
std::optional<Section> ini_section(std::string_view text, std::string_view wanted) {
  std::optional<Section> section;
  bool inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      inside = line.back() == ']' && trim(line.substr(1, line.size() - 2)) == wanted;
      if (inside) section.emplace();
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos) continue;
    (*section)[to_lower(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
  }
  return section;
}

}  // namespace

Result<Source> read_cli_profile(std::string text, std::string_view profile) {
  const auto document = json::Document::parse(std::move(text));
  if (!document) return fail(ErrorCode::kParse, document.error().message);
  const json::Value root = document->root();
  if (profile.empty()) profile = root["current"].string();
  if (profile.empty()) profile = "default";
  return cli_profile(root["profiles"], profile, 0);
}

Result<Source> read_ini_profile(std::string_view text, std::string_view profile) {
  constexpr std::string_view kProvider = "profile";
  if (profile.empty()) profile = "default";
  const auto section = ini_section(text, profile);
  if (!section) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no profile [{}]", printable(profile)));
  }
  const Lookup get = [&section](std::string_view key) {
    const auto found = section->find(key);
    return found == section->end() ? std::string() : found->second;
  };
  if (get("enable") == "false") {
    return fail(ErrorCode::kNotFound, fmt::format("profile [{}] is disabled", printable(profile)));
  }
  const std::string type = get("type");
  if (type == "access_key") return as_source(kProvider, static_keys(profile, get, false));
  if (type == "sts") return as_source(kProvider, static_keys(profile, get, true));
  if (type == "oidc_role_arn") return as_source(kProvider, oidc_role(profile, get));
  if (type == "ecs_ram_role") return Source{std::string(kProvider), EcsRole{get("role_name")}};
  if (type == "credentials_uri") {
    return Source{std::string(kProvider), CredentialsUri{get("credentials_uri")}};
  }
  if (type == "ram_role_arn") {
    auto keys = as_source(kProvider, static_keys(profile, get, false));
    if (!keys) return keys;
    return as_source(kProvider, assumed_role(profile, get, std::move(*keys)));
  }
  return fail(ErrorCode::kUnsupported,
              fmt::format("profile [{}] has type '{}', which Larkspur cannot use",
                          printable(profile), printable(type)));
}

}  // namespace larkspur::ops::alibaba
