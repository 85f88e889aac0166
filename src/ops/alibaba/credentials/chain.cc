#include "ops/alibaba/credentials/chain.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "base/text.h"
#include "ops/alibaba/credentials/profile.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

class Builder {
 public:
  explicit Builder(const Surroundings& surroundings) : surroundings_(surroundings) {}

  void environment() {
    std::string id = variable("ALIBABA_CLOUD_ACCESS_KEY_ID", "ACCESS_KEY_ID");
    const std::string secret = variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ACCESS_KEY_SECRET");
    if (id.empty() || secret.empty()) {
      return leave_out("ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET are not set");
    }
    add("environment", StaticKeys{std::move(id), execlog::Secret(secret),
                                  execlog::Secret(variable("ALIBABA_CLOUD_SECURITY_TOKEN"))});
  }

  void oidc() {
    OidcRole role{variable("ALIBABA_CLOUD_ROLE_ARN"), variable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
                  variable("ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
                  variable("ALIBABA_CLOUD_ROLE_SESSION_NAME")};
    if (role.role_arn.empty() || role.provider_arn.empty() || role.token_file.empty()) {
      return leave_out(
          "ALIBABA_CLOUD_ROLE_ARN, _OIDC_PROVIDER_ARN and _OIDC_TOKEN_FILE are not set");
    }
    if (role.session_name.empty()) role.session_name = "larkspur";
    add("oidc_role_arn", std::move(role));
  }

  void cli_profile() {
    const std::string home = variable("HOME");
    if (home.empty()) return leave_out("HOME is not set");
    from_file(home + "/.aliyun/config.json", [this](std::string text) {
      return read_cli_profile(std::move(text), variable("ALIBABA_CLOUD_PROFILE"));
    });
  }

  void sdk_profile() {
    const auto read = [this](std::string text) {
      return read_ini_profile(text, variable("ALIBABA_CLOUD_PROFILE"));
    };
    if (const std::string named = variable("ALIBABA_CLOUD_CREDENTIALS_FILE"); !named.empty()) {
      return from_file(named, read);
    }
    const std::string home = variable("HOME");
    if (home.empty()) return;
    const std::string path = home + "/.alibabacloud/credentials";
    from_file(surroundings_.read_file(path) ? path : path + ".ini", read);
  }

  void ecs() {
    if (is_set("ALIBABA_CLOUD_ECS_METADATA_DISABLED")) {
      return leave_out("ALIBABA_CLOUD_ECS_METADATA_DISABLED is set");
    }
    add("ecs_ram_role",
        EcsRole{variable("ALIBABA_CLOUD_ECS_METADATA"), !is_set("ALIBABA_CLOUD_IMDSV1_DISABLED")});
  }

  void uri() {
    std::string url = variable("ALIBABA_CLOUD_CREDENTIALS_URI");
    if (url.empty()) return leave_out("ALIBABA_CLOUD_CREDENTIALS_URI is not set");
    add("credentials_uri", CredentialsUri{std::move(url)});
  }

  Chain take() { return std::move(chain_); }

 private:
  std::string variable(const std::string& name, const std::string& older = {}) const {
    if (auto value = surroundings_.environment(name)) return *value;
    return older.empty() ? "" : surroundings_.environment(older).value_or("");
  }
  bool is_set(const std::string& name) const {
    const std::string value = to_lower(variable(name));
    return value == "true" || value == "1";
  }

  template <class How>
  void add(std::string provider, How how) {
    chain_.sources.push_back({std::move(provider), std::move(how)});
  }
  void leave_out(std::string why) { chain_.left_out.push_back(std::move(why)); }

  template <class Read>
  void from_file(const std::string& path, const Read& read) {
    auto text = surroundings_.read_file(path);
    if (!text) return leave_out(fmt::format("{}: {}", path, text.error().message));
    auto source = read(std::move(*text));
    if (!source) return leave_out(fmt::format("{}: {}", path, source.error().message));
    chain_.sources.push_back(std::move(*source));
  }

  const Surroundings& surroundings_;
  Chain chain_;
};

}  // namespace

Chain default_chain(const Surroundings& surroundings) {
  Builder builder(surroundings);
  builder.environment();
  builder.oidc();
  builder.cli_profile();
  builder.sdk_profile();
  builder.ecs();
  builder.uri();
  return builder.take();
}

Surroundings this_machine() {
  Surroundings machine;
  machine.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  machine.read_file = [](const std::string& path) -> Result<std::string> {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kNotFound, "there is no such file, or it cannot be read");
    std::string text(kMaxFileBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) return fail(ErrorCode::kTooLarge, "it is larger than 1 MiB");
    return text;
  };
  return machine;
}

}  // namespace larkspur::ops::alibaba
