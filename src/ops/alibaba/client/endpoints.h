// Where Alibaba Cloud's services answer.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace larkspur::ops::alibaba {

struct Endpoints {
  // Beats everything below: a base URL by "cs", "arms", "sts", "sls" or "metadata", or by one of
  // these and a region, "cs.cn-hangzhou", which is stronger. {region} and {project} are filled in.
  std::map<std::string, std::string, std::less<>> overrides;
  // The services' addresses inside Alibaba Cloud's own network: cs-vpc.cn-hangzhou.aliyuncs.com.
  bool vpc = false;

  // Base URLs without a slash at the end. `region` "" is the centre, where the service has one.
  std::string openapi(std::string_view service, std::string_view region) const;
  std::string sls(std::string_view project, std::string_view region) const;
  std::string metadata() const;  // of ECS instances
};

// "http://host:1234" -> "host:1234", as the Host header has it: without the scheme's own port.
std::string host_of(std::string_view base_url);

}  // namespace larkspur::ops::alibaba
