#include "ops/prometheus/endpoint.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <vector>

#include "base/base64.h"

namespace larkspur::ops {

namespace {

struct Found {
  std::string url;
  std::string source;  // "static_config" or "env_var:NAME"
};

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

class LocalEndpoints : public EndpointSource {
 public:
  LocalEndpoints(std::map<std::string, std::string> by_cluster, std::string fallback)
      : by_cluster_(std::move(by_cluster)), fallback_(std::move(fallback)) {}

  Async<std::expected<std::string, ToolFailure>> find(call::CallContext& context,
                                                      std::string cluster_id) override {
    call::ApiCall entry{.api = "GetPrometheusEndpoint", .details = call::EndpointCall{}};
    entry.cluster_id = cluster_id;
    call::ExternalCall call(context, std::move(entry));
    const Found found = look(cluster_id);
    if (found.url.empty()) {
      const Error error{ErrorCode::kNotFound,
                        "no Prometheus server is configured for this cluster; set "
                        "tools.prometheus.endpoint or PROMETHEUS_HTTP_API"};
      call.fail("MissingEndpoint", error.message);
      co_return failed("MissingEndpoint", FailureStage::kResolveEndpoint, error.message);
    }
    call.details<call::EndpointCall>() = {.endpoint = found.url, .source = found.source};
    co_return without_slash(found.url);
  }

 private:
  Found look(const std::string& cluster_id) const {
    if (const auto own = by_cluster_.find(cluster_id); own != by_cluster_.end()) {
      return {own->second, "static_config"};
    }
    if (!fallback_.empty()) return {fallback_, "static_config"};
    for (const std::string& name :
         {"PROMETHEUS_HTTP_API_" + cluster_id, std::string("PROMETHEUS_HTTP_API")}) {
      const char* value = std::getenv(name.c_str());
      if (value != nullptr && *value != '\0') return {value, "env_var:" + name};
    }
    return {};
  }

  std::map<std::string, std::string> by_cluster_;
  std::string fallback_;
};

class EitherEndpoint : public EndpointSource {
 public:
  EitherEndpoint(std::shared_ptr<EndpointSource> first, std::shared_ptr<EndpointSource> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  Async<std::expected<std::string, ToolFailure>> find(call::CallContext& context,
                                                      std::string cluster_id) override {
    auto first = co_await first_->find(context, cluster_id);
    if (first) co_return first;
    auto second = co_await second_->find(context, std::move(cluster_id));
    if (second) co_return second;
    co_return first;
  }

 private:
  std::shared_ptr<EndpointSource> first_, second_;
};

class Fixed : public Authorization {
 public:
  explicit Fixed(execlog::Secret value) : value_(std::move(value)) {}
  Async<std::expected<execlog::Secret, ToolFailure>> value(call::CallContext&) override {
    co_return value_;
  }

 private:
  execlog::Secret value_;
};

}  // namespace

std::shared_ptr<EndpointSource> local_endpoints(std::map<std::string, std::string> by_cluster,
                                                std::string fallback) {
  return std::make_shared<LocalEndpoints>(std::move(by_cluster), std::move(fallback));
}

std::shared_ptr<EndpointSource> either_endpoint(std::shared_ptr<EndpointSource> first,
                                                std::shared_ptr<EndpointSource> second) {
  return std::make_shared<EitherEndpoint>(std::move(first), std::move(second));
}

std::shared_ptr<Authorization> no_authorization() {
  return std::make_shared<Fixed>(execlog::Secret());
}

std::shared_ptr<Authorization> fixed_authorization(execlog::Secret value) {
  return std::make_shared<Fixed>(std::move(value));
}

Scrubber authorization_scrubber(const execlog::Secret& value) {
  std::string_view text = value.reveal();
  const bool basic = text.starts_with("Basic ");
  text.remove_prefix(text.find(' ') == text.npos ? 0 : text.find(' ') + 1);
  Scrubber scrubber;
  scrubber.add(text);
  if (!basic) return scrubber;
  const std::string both = from_base64(text).value_or("");
  if (const auto colon = both.find(':'); colon != both.npos) {
    scrubber.add(std::string_view(both).substr(colon + 1));
  }
  return scrubber;
}

execlog::Secret basic_authorization(std::string_view username, std::string_view password) {
  const std::string both = fmt::format("{}:{}", username, password);
  std::vector<unsigned char> encoded(4 * ((both.size() + 2) / 3) + 1);
  const int size =
      EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(both.data()),
                      static_cast<int>(both.size()));
  return execlog::Secret("Basic " + std::string(encoded.begin(), encoded.begin() + size));
}

}  // namespace larkspur::ops
