#include "ops/alibaba/credentials/credentials.h"

namespace larkspur::ops::alibaba {

std::string Credentials::masked_id() const {
  if (access_key_id.size() <= 12) return "****";
  return access_key_id.substr(0, 4) + "****" + access_key_id.substr(access_key_id.size() - 4);
}

}  // namespace larkspur::ops::alibaba
