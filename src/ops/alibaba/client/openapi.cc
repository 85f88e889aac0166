#include "ops/alibaba/client/openapi.h"

#include "base/random.h"
#include "ops/alibaba/sign/acs3.h"

namespace larkspur::ops::alibaba {

namespace {

struct ServiceFacts {
  const char* name;  // as in its host name
  const char* version;
};

ServiceFacts facts(Service service) {
  switch (service) {
    case Service::kArms:
      return {"arms", "2019-08-08"};
    case Service::kSts:
      return {"sts", "2015-04-01"};
    case Service::kContainers:
      break;
  }
  return {"cs", "2015-12-15"};
}

call::ApiCall entry_of(const OpenApiAsk& ask) {
  call::OpenApiCall details;
  details.service = facts(ask.service).name;
  details.version = facts(ask.service).version;
  details.method = ask.method;
  details.path_template = ask.path_template;
  call::ApiCall entry;
  entry.api = ask.action;
  entry.details = std::move(details);
  entry.cluster_id = ask.cluster_id;
  entry.region_id = ask.region;
  return entry;
}

// The text of the first of these members that the object has.
std::string text_of(json::Value object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const json::Value value = object[name];
    if (value.exists()) return std::string(value.is_string() ? value.string() : value.raw());
  }
  return {};
}

}  // namespace

call::HttpAsk sign_openapi(const OpenApiAsk& ask, const std::string& base_url,
                           const Credentials& credentials, EpochMs now, const std::string& nonce) {
  const std::string payload = sha256_hex(ask.body);
  Fields headers{{"host", host_of(base_url)},
                 {"x-acs-action", ask.action},
                 {"x-acs-version", facts(ask.service).version},
                 {"x-acs-date", to_iso8601(now).substr(0, 19) + "Z"},
                 {"x-acs-signature-nonce", nonce},
                 {"x-acs-content-sha256", payload}};
  if (!ask.body.empty()) headers.emplace_back("content-type", "application/json; charset=utf-8");
  if (!credentials.security_token.empty()) {
    headers.emplace_back("x-acs-accesskey-id", credentials.access_key_id);
    headers.emplace_back("x-acs-security-token", credentials.security_token.reveal());
  }
  std::string authorization =
      acs3_authorization({ask.method, ask.path, ask.query, headers, payload},
                         credentials.access_key_id, credentials.access_key_secret.reveal());

  call::HttpAsk made;
  made.method = ask.method;
  made.url = base_url + ask.path;
  if (!ask.query.empty()) made.url += "?" + encode_query(ask.query);
  made.headers.assign(headers.begin() + 1, headers.end());  // whoever sends adds the Host
  made.headers.emplace_back("accept", "application/json");
  made.headers.emplace_back("authorization", std::move(authorization));
  made.body = ask.body;
  return made;
}

OpenApiExchange::OpenApiExchange(call::CallContext& context, const Endpoints& endpoints,
                                 ClockSkew& clock, OpenApiAsk ask)
    : endpoints_(endpoints),
      clock_(clock),
      ask_(std::move(ask)),
      exchange_(context, entry_of(ask_)) {}

Async<OpenApiReply> OpenApiExchange::send(CredentialsPtr credentials, call::Again first) {
  const std::string base_url = endpoints_.openapi(facts(ask_.service).name, ask_.region);
  exchange_.details<call::OpenApiCall>().credential_provider = credentials->provider;
  auto answer = co_await send_with_retries(
      exchange_,
      [&] { return sign_openapi(ask_, base_url, *credentials, clock_.now(), random_hex(16)); },
      {.repeat = ask_.repeat, .first = first, .scrubber = credentials->scrubber()}, clock_);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return read(*answer);
}

OpenApiReply OpenApiExchange::read(const call::HttpAnswer& answer) {
  OpenApiAnswer out;
  out.http_status = answer.status;
  auto document = json::Document::parse(answer.body.empty() ? "{}" : answer.body);
  if (!document) {
    CloudError error = unusable_answer(answer, document.error().message);
    enter_failure(exchange_, error);
    return std::unexpected(std::move(error));
  }
  out.body = std::move(*document);
  const json::Value root = out.body.root();
  out.request_id = text_of(root, {"RequestId", "requestId", "request_id"});
  auto& entry = exchange_.entry();
  if (out.request_id.empty()) out.request_id = entry.request_id;
  entry.request_id = out.request_id;
  // ARMS may say 200 in HTTP and something else in its Code.
  const std::string code = ask_.service == Service::kArms ? text_of(root, {"Code"}) : "";
  if (!code.empty() && code != "200") {
    CloudError error = read_openapi_error({answer.status, answer.body, entry.request_id, {}});
    enter_failure(exchange_, error);
    return std::unexpected(std::move(error));
  }
  return out;
}

Async<bool> OpenApiExchange::pause(std::chrono::milliseconds delay) {
  co_return (co_await exchange_.pause(delay, {})).has_value();
}

}  // namespace larkspur::ops::alibaba
