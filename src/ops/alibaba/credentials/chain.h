// The default credential chain: where Larkspur looks when the configuration names no credentials,
// in the order of Alibaba Cloud's own SDKs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ops/alibaba/credentials/credentials.h"

namespace larkspur::ops::alibaba {

// The machine as the chain sees it.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // kNotFound where there is no such file.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

struct Chain {
  // To be tried one after the other until one gives credentials.
  std::vector<Source> sources;
  // Why the others are not there: "ALIBABA_CLOUD_ACCESS_KEY_ID is not set".
  std::vector<std::string> left_out;
};

//   1. ALIBABA_CLOUD_ACCESS_KEY_ID, _SECRET and _SECURITY_TOKEN; ACCESS_KEY_ID and
//   ACCESS_KEY_SECRET
//   2. RRSA: ALIBABA_CLOUD_ROLE_ARN, _OIDC_PROVIDER_ARN and _OIDC_TOKEN_FILE
//   3. ~/.aliyun/config.json
//   4. ALIBABA_CLOUD_CREDENTIALS_FILE, else ~/.alibabacloud/credentials(.ini)
//   5. the role of the ECS instance, unless ALIBABA_CLOUD_ECS_METADATA_DISABLED
//   6. ALIBABA_CLOUD_CREDENTIALS_URI
// ALIBABA_CLOUD_PROFILE names the profile for 3 and 4.
Chain default_chain(const Surroundings& surroundings);

// The process's own environment and files of at most 1 MiB.
Surroundings this_machine();

}  // namespace larkspur::ops::alibaba
