#include "ops/alibaba/cloud.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/form.h"
#include "base/text.h"
#include "execlog/recording.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::size_t kMaxRegions = 4'096;

const execlog::Secret* forwarded(const call::Caller& caller, std::string_view name) {
  const auto found = caller.forwarded.find(name);
  return found == caller.forwarded.end() ? nullptr : &found->second;
}

// What the request itself brought; nullptr when it brought nothing.
CredentialsPtr from_request(const call::Caller& caller) {
  const auto* id = forwarded(caller, kCredentialHeaders[0]);
  const auto* secret = forwarded(caller, kCredentialHeaders[1]);
  if (id == nullptr || secret == nullptr || id->empty() || secret->empty()) return nullptr;
  auto made = std::make_shared<Credentials>();
  made->access_key_id = id->reveal();
  made->access_key_secret = *secret;
  if (const auto* token = forwarded(caller, kCredentialHeaders[2])) made->security_token = *token;
  made->provider = "request";
  return made;
}

// What becomes part of a host name to which credentials are sent.
bool is_host_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

CloudError not_a_host(std::string_view what, std::string_view value) {
  CloudError error;
  error.kind = ErrorClass::kProtocol;
  error.code = "BAD_ANSWER";
  error.message = fmt::format("'{}' is no {}", printable(truncate_utf8(value, 64)), what);
  return error;
}

void enter_principal(call::CallContext& context, const Credentials& credentials) {
  if (context.record == nullptr) return;
  execlog::Principal principal = context.record->record().principal.value_or(execlog::Principal{});
  principal.credential_id = credentials.masked_id();
  context.record->set_principal(std::move(principal));
}

}  // namespace

Cloud::Cloud(CloudOptions options) : options_(std::move(options)) {
  const FetchParts parts{options_.endpoints, options_.surroundings, clock_, options_.region};
  everybody_ = std::make_unique<Renewed>(options_.everybody, parts);
  for (const auto& [principal, chain] : options_.by_principal) {
    by_principal_.emplace(principal, std::make_unique<Renewed>(chain, parts));
  }
}

Async<CredentialsReply> Cloud::credentials(call::CallContext& context) {
  CredentialsReply reply;
  if (options_.from_requests) reply = from_request(context.caller);
  if (!*reply) {
    const auto found = by_principal_.find(context.caller.principal);
    Renewed& source = found == by_principal_.end() ? *everybody_ : *found->second;
    reply = co_await source.get(context);
  }
  if (reply) enter_principal(context, **reply);
  co_return reply;
}

Async<OpenApiReply> Cloud::call(call::CallContext& context, OpenApiAsk ask) {
  auto signer = co_await credentials(context);
  if (!signer) co_return std::unexpected(std::move(signer.error()));
  OpenApiExchange exchange(context, options_.endpoints, clock_, std::move(ask));
  co_return co_await exchange.send(*signer);
}

Async<LogReply> Cloud::get_logs(call::CallContext& context, LogQuery query) {
  if (!is_host_label(query.project)) {
    co_return std::unexpected(not_a_host("log project", query.project));
  }
  auto signer = co_await credentials(context);
  if (!signer) co_return std::unexpected(std::move(signer.error()));
  co_return co_await alibaba::get_logs(context, options_.endpoints, clock_, std::move(query),
                                       *signer);
}

Async<std::expected<std::string, CloudError>> Cloud::region_of(call::CallContext& context,
                                                               const std::string& cluster_id) {
  {
    const std::lock_guard lock(regions_mutex_);
    if (const auto found = regions_.find(cluster_id); found != regions_.end()) {
      co_return found->second;
    }
  }
  OpenApiAsk ask{.action = "DescribeClusterDetail",
                 .path = "/clusters/" + percent_encode(cluster_id),
                 .path_template = "/clusters/{ClusterId}",
                 .cluster_id = cluster_id};
  auto reply = co_await call(context, std::move(ask));
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  const json::Value root = reply->body.root();
  std::string region(root["region_id"].exists() ? root["region_id"].string()
                                                : root["regionId"].string());
  if (!is_host_label(region)) {
    CloudError error;
    error.kind = ErrorClass::kProtocol;
    error.code = "MISS_REGION_ID";
    error.message = "the description of cluster " + cluster_id + " names no region that can be one";
    error.request_id = reply->request_id;
    error.http_status = reply->http_status;
    co_return std::unexpected(std::move(error));
  }
  const std::lock_guard lock(regions_mutex_);
  if (regions_.size() >= kMaxRegions) regions_.clear();
  regions_[cluster_id] = region;
  co_return region;
}

}  // namespace larkspur::ops::alibaba
