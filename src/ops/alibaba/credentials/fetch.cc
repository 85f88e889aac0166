#include "ops/alibaba/credentials/fetch.h"

#include <fmt/format.h>

#include "base/form.h"
#include "base/random.h"
#include "base/text.h"
#include "call/external_call.h"
#include "json/value.h"
#include "ops/alibaba/client/openapi.h"
#include "ops/time_range.h"

namespace larkspur::ops::alibaba {

namespace {

using namespace std::chrono_literals;

// The metadata service answers at once or not at all.
constexpr auto kMetadataTimeout = 1s;
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

CloudError no_credentials(std::string_view provider, std::string_view why) {
  CloudError error;
  error.kind = ErrorClass::kCredentials;
  error.code = "NO_CREDENTIALS";
  error.message = fmt::format("{}: {}", provider, why);
  return error;
}

// {AccessKeyId, AccessKeySecret, SecurityToken, Expiration}, as STS, metadata and URI all have it.
CredentialsReply read_credentials(json::Value value, const std::string& provider) {
  auto made = std::make_shared<Credentials>();
  made->access_key_id = value["AccessKeyId"].string();
  made->access_key_secret = execlog::Secret(value["AccessKeySecret"].string());
  made->security_token = execlog::Secret(value["SecurityToken"].string());
  made->provider = provider;
  const auto expires = parse_moment(value["Expiration"].string(), wall_clock_ms());
  if (made->access_key_id.empty() || made->access_key_secret.empty() ||
      made->security_token.empty() || !expires) {
    return std::unexpected(no_credentials(
        provider, "the answer lacks AccessKeyId, AccessKeySecret, SecurityToken or Expiration"));
  }
  made->expires_at = *expires;
  return made;
}

call::ApiCall plain_entry(std::string api) {
  call::ApiCall entry;
  entry.api = std::move(api);
  entry.details = call::HttpCall{};
  return entry;
}

class Fetch {
 public:
  Fetch(call::CallContext& context, FetchParts parts, const std::string& provider)
      : context_(context), parts_(std::move(parts)), provider_(provider) {}

  Async<CredentialsReply> from(const StaticKeys& keys) {
    auto made = std::make_shared<Credentials>();
    made->access_key_id = keys.access_key_id;
    made->access_key_secret = keys.access_key_secret;
    made->security_token = keys.security_token;
    made->provider = provider_;
    co_return made;
  }

  // AssumeRoleWithOIDC is the one call that is not signed: the token vouches for it.
  Async<CredentialsReply> from(const OidcRole& role) {
    auto token = parts_.surroundings.read_file(role.token_file);
    if (!token) {
      co_return failed(fmt::format("{}: {}", role.token_file, token.error().message));
    }
    call::OpenApiCall details{.service = "sts", .version = "2015-04-01", .path_template = "/"};
    call::ApiCall entry;
    entry.api = "AssumeRoleWithOIDC";
    entry.details = std::move(details);
    entry.region_id = parts_.region;
    call::HttpExchange exchange(context_, std::move(entry));
    const std::string base_url = parts_.endpoints.openapi("sts", parts_.region);
    const auto make = [&] { return ask_oidc(role, *token, base_url); };
    AttemptRules rules;
    rules.scrubber.add(trim(*token));
    auto answer = co_await send_with_retries(exchange, make, std::move(rules), parts_.clock);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    const auto document = json::Document::parse(std::move(answer->body));
    if (!document) co_return failed("STS gave an answer that is no JSON");
    exchange.entry().request_id = document->root()["RequestId"].string();
    co_return read_credentials(document->root()["Credentials"], provider_);
  }

  Async<CredentialsReply> from(const AssumedRole& role) {
    auto base = co_await fetch(context_, parts_, *role.base);
    if (!base) co_return base;
    OpenApiAsk ask{.service = Service::kSts, .action = "AssumeRole", .method = "POST"};
    ask.region = parts_.region;
    ask.query = {{"RoleArn", role.role_arn},
                 {"RoleSessionName", role.session_name},
                 {"DurationSeconds", std::to_string(role.duration.count())}};
    if (!role.external_id.empty()) ask.query.emplace_back("ExternalId", role.external_id);
    OpenApiExchange exchange(context_, parts_.endpoints, parts_.clock, std::move(ask));
    auto reply = co_await exchange.send(*base);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    co_return read_credentials(reply->body.root()["Credentials"], provider_);
  }

  Async<CredentialsReply> from(const EcsRole& role) {
    const auto token = co_await metadata_token();
    if (token.empty() && !role.without_token_too) {
      co_return failed("the metadata service gives no token, and IMDSv1 is disabled");
    }
    std::string name = role.role_name;
    if (name.empty()) {
      auto listed = co_await metadata("", token);
      if (!listed) co_return failed(listed.error().message);
      name = trim(listed->substr(0, listed->find('\n')));
    }
    if (name.empty()) co_return failed("this machine has no RAM role");
    const auto text = co_await metadata(percent_encode(name), token);
    if (!text) co_return failed(text.error().message);
    co_return read_service_answer(*text);
  }

  Async<CredentialsReply> from(const CredentialsUri& where) {
    call::HttpExchange exchange(context_, plain_entry("GetCredentialsFromUri"));
    call::HttpAsk ask{.url = where.url, .max_body_bytes = kMaxAnswerBytes};
    const auto answer = co_await exchange.send(std::move(ask));
    if (!answer) co_return failed(answer.error().message);
    if (answer->status != 200) co_return failed(fmt::format("HTTP {}", answer->status));
    co_return read_service_answer(answer->body);
  }

 private:
  CredentialsReply failed(std::string_view why) const {
    return std::unexpected(no_credentials(provider_, why));
  }

  static call::HttpAsk ask_oidc(const OidcRole& role, std::string_view token,
                                const std::string& base_url) {
    call::HttpAsk ask;
    ask.method = "POST";
    ask.url = base_url + "/?" +
              encode_query({{"Action", "AssumeRoleWithOIDC"},
                            {"Format", "JSON"},
                            {"Version", "2015-04-01"},
                            {"Timestamp", to_iso8601(wall_clock_ms()).substr(0, 19) + "Z"},
                            {"SignatureNonce", random_hex(16)}});
    ask.headers = {{"content-type", "application/x-www-form-urlencoded"},
                   {"accept", "application/json"}};
    ask.body = encode_query({{"RoleArn", role.role_arn},
                             {"OIDCProviderArn", role.provider_arn},
                             {"OIDCToken", std::string(trim(token))},
                             {"RoleSessionName", role.session_name},
                             {"DurationSeconds", std::to_string(role.duration.count())}});
    ask.max_body_bytes = kMaxAnswerBytes;
    return ask;
  }

  // IMDSv2's session token; "" where the service gives none.
  Async<std::string> metadata_token() {
    call::HttpExchange exchange(context_, plain_entry("EcsMetadataToken"));
    call::HttpAsk ask{.method = "PUT", .url = parts_.endpoints.metadata() + "/latest/api/token"};
    ask.headers = {{"X-aliyun-ecs-metadata-token-ttl-seconds", "21600"}};
    ask.deadline = SteadyClock::now() + kMetadataTimeout;
    const auto answer = co_await exchange.send(std::move(ask));
    co_return answer && answer->status == 200 ? std::string(trim(answer->body)) : std::string();
  }

  Async<Result<std::string>> metadata(std::string below, std::string token) {
    call::HttpExchange exchange(context_, plain_entry("EcsMetadataRole"));
    call::HttpAsk ask{.url = parts_.endpoints.metadata() +
                             "/latest/meta-data/ram/security-credentials/" + below};
    if (!token.empty()) ask.headers = {{"X-aliyun-ecs-metadata-token", token}};
    ask.max_body_bytes = kMaxAnswerBytes;
    ask.deadline = SteadyClock::now() + kMetadataTimeout;
    auto answer = co_await exchange.send(std::move(ask));
    Scrubber scrubber;
    scrubber.add(token);
    scrubber.scrub(exchange.entry().error);  // the beginning of an error page
    if (!answer) co_return fail(std::move(answer.error()));
    if (answer->status != 200) {
      co_return fail(ErrorCode::kUnavailable,
                     fmt::format("the metadata service says HTTP {}", answer->status));
    }
    co_return std::move(answer->body);
  }

  CredentialsReply read_service_answer(std::string text) const {
    const auto document = json::Document::parse(std::move(text));
    if (!document) return failed("the answer is no JSON");
    if (document->root()["Code"].string() != "Success") {
      return failed("the answer's Code is not Success");
    }
    return read_credentials(document->root(), provider_);
  }

  call::CallContext& context_;
  FetchParts parts_;
  const std::string& provider_;
};

}  // namespace

Async<CredentialsReply> fetch(call::CallContext& context, FetchParts parts, const Source& source) {
  Fetch fetch_one(context, std::move(parts), source.provider);
  // Not std::visit: what it gives back would be a coroutine over references that are gone.
  if (const auto* keys = std::get_if<StaticKeys>(&source.how))
    co_return co_await fetch_one.from(*keys);
  if (const auto* role = std::get_if<OidcRole>(&source.how))
    co_return co_await fetch_one.from(*role);
  if (const auto* role = std::get_if<AssumedRole>(&source.how)) {
    co_return co_await fetch_one.from(*role);
  }
  if (const auto* role = std::get_if<EcsRole>(&source.how))
    co_return co_await fetch_one.from(*role);
  co_return co_await fetch_one.from(std::get<CredentialsUri>(source.how));
}

}  // namespace larkspur::ops::alibaba
