// What requests to Alibaba Cloud are signed with, and the ways to come by it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "execlog/secret.h"
#include "ops/scrub.h"

namespace larkspur::ops::alibaba {

// Immutable once made, so that any number of calls may share them.
struct Credentials {
  std::string access_key_id;
  execlog::Secret access_key_secret;
  execlog::Secret security_token;     // empty for keys that do not expire
  std::optional<EpochMs> expires_at;  // nullopt: never
  std::string provider;               // where they came from: "environment", "ecs_ram_role", ...

  // "LTAI****st00": for logs.
  std::string masked_id() const;
  // For answers to requests that these were sent with.
  Scrubber scrubber() const { return Scrubber({&access_key_secret, &security_token}); }
};
using CredentialsPtr = std::shared_ptr<const Credentials>;

struct Source;

struct StaticKeys {
  std::string access_key_id;
  execlog::Secret access_key_secret;
  execlog::Secret security_token;  // empty when there is none
};

// RRSA: a Kubernetes service account's token is changed into credentials of a RAM role.
struct OidcRole {
  std::string role_arn, provider_arn;
  std::string token_file;  // read again at every refresh
  std::string session_name;
  std::chrono::seconds duration{3'600};
};

// Another source's credentials are changed into those of a RAM role.
struct AssumedRole {
  std::shared_ptr<const Source> base;
  std::string role_arn, session_name, external_id;
  std::chrono::seconds duration{3'600};
};

// The role of the virtual machine that we run on, from its metadata service.
struct EcsRole {
  std::string role_name;          // "": the service is asked for it
  bool without_token_too = true;  // IMDSv1, where the service gives no token
};

// A local service that gives credentials to whoever asks.
struct CredentialsUri {
  std::string url;
};

// One way to come by credentials.
struct Source {
  std::string provider;  // as Credentials::provider
  std::variant<StaticKeys, OidcRole, AssumedRole, EcsRole, CredentialsUri> how;
};

}  // namespace larkspur::ops::alibaba
