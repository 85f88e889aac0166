// Alibaba Cloud as tools use it: requests that find their endpoint, their credentials and their
// signature by themselves, and that enter the record of the call.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ops/alibaba/client/openapi.h"
#include "ops/alibaba/client/sls.h"
#include "ops/alibaba/credentials/renewed.h"

namespace larkspur::ops::alibaba {

// The headers of a request that may carry credentials of its own.
inline constexpr std::array<std::string_view, 3> kCredentialHeaders{
    "x-acs-accesskey-id", "x-acs-accesskey-secret", "x-acs-security-token"};

struct CloudOptions {
  Endpoints endpoints;
  std::string region;  // whose STS is asked for roles; "": the centre's
  // Whose credentials a principal's calls are signed with; everybody else's with `everybody`.
  std::map<std::string, Chain> by_principal;
  Chain everybody;
  // Calls may bring their own, in kCredentialHeaders (call::Caller::forwarded).
  bool from_requests = false;
  Surroundings surroundings;
};

// Thread rule: every loop at once. Outlives every call.
class Cloud {
 public:
  explicit Cloud(CloudOptions options);

  Async<OpenApiReply> call(call::CallContext& context, OpenApiAsk ask);
  Async<LogReply> get_logs(call::CallContext& context, LogQuery query);

  // The region that a cluster is in: DescribeClusterDetail at the centre, remembered.
  Async<std::expected<std::string, CloudError>> region_of(call::CallContext& context,
                                                          const std::string& cluster_id);

  // What this call is signed with; its masked id enters the record.
  Async<CredentialsReply> credentials(call::CallContext& context);

  const Endpoints& endpoints() const { return options_.endpoints; }
  ClockSkew& clock() { return clock_; }

 private:
  CloudOptions options_;
  ClockSkew clock_;
  std::map<std::string, std::unique_ptr<Renewed>> by_principal_;  // never changes
  std::unique_ptr<Renewed> everybody_;

  std::mutex regions_mutex_;
  std::map<std::string, std::string> regions_;  // by cluster id; at most kMaxRegions
};

}  // namespace larkspur::ops::alibaba
