// The files in which Alibaba Cloud's tools keep credentials.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ops/alibaba/credentials/credentials.h"

namespace larkspur::ops::alibaba {

// ~/.aliyun/config.json, of the CLI. `profile`: "" takes the file's current one.
// Modes AK, StsToken, RamRoleArn, EcsRamRole, OIDC and ChainableRamRoleArn; kUnsupported for those
// that need a browser or a program (CloudSSO, OAuth, External).
Result<Source> read_cli_profile(std::string text, std::string_view profile);

// ~/.alibabacloud/credentials, an INI file of the SDKs. `profile`: "" takes [default].
// Types access_key, sts, ram_role_arn, oidc_role_arn, ecs_ram_role and credentials_uri.
Result<Source> read_ini_profile(std::string_view text, std::string_view profile);

}  // namespace larkspur::ops::alibaba
