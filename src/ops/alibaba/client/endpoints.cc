#include "ops/alibaba/client/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace larkspur::ops::alibaba {

namespace {

// Regions without an address of their own: finance, government, edge and internal ones.
bool served_by_the_centre(std::string_view region) {
  constexpr std::array<std::string_view, 5> kParts{"-finance-pop", "-gov-", "-edge-", "nebula",
                                                   "internal"};
  return std::ranges::any_of(
      kParts, [&](std::string_view part) { return region.find(part) != region.npos; });
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

std::string Endpoints::openapi(std::string_view service, std::string_view region) const {
  auto found = overrides.find(fmt::format("{}.{}", service, region));
  if (found == overrides.end()) found = overrides.find(service);
  if (found != overrides.end()) {
    std::string url = found->second;
    replace(url, "{region}", region);
    return url;
  }
  if (region.empty() || served_by_the_centre(region)) {
    return fmt::format("https://{}.aliyuncs.com", service);
  }
  return fmt::format("https://{}{}.{}.aliyuncs.com", service, vpc ? "-vpc" : "", region);
}

std::string Endpoints::sls(std::string_view project, std::string_view region) const {
  auto found = overrides.find(fmt::format("sls.{}", region));
  if (found == overrides.end()) found = overrides.find("sls");
  if (found != overrides.end()) {
    std::string url = found->second;
    replace(url, "{region}", region);
    replace(url, "{project}", project);
    return url;
  }
  return fmt::format("https://{}.{}{}.log.aliyuncs.com", project, region, vpc ? "-intranet" : "");
}

std::string Endpoints::metadata() const {
  const auto found = overrides.find("metadata");
  return found == overrides.end() ? "http://100.100.100.200" : found->second;
}

std::string host_of(std::string_view base_url) {
  const bool tls = base_url.starts_with("https://");
  if (const auto scheme = base_url.find("://"); scheme != base_url.npos) {
    base_url.remove_prefix(scheme + 3);
  }
  base_url = base_url.substr(0, base_url.find_first_of("/?#"));
  const std::string_view own_port = tls ? ":443" : ":80";
  if (base_url.ends_with(own_port)) base_url.remove_suffix(own_port.size());
  return std::string(base_url);
}

}  // namespace larkspur::ops::alibaba
