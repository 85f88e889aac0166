// Performs what a Source describes: asks STS, the metadata service or a local URI.
#pragma once

#include <expected>

#include "call/call_context.h"
#include "ops/alibaba/client/clock_skew.h"
#include "ops/alibaba/client/endpoints.h"
#include "ops/alibaba/cloud_error.h"
#include "ops/alibaba/credentials/chain.h"
#include "ops/alibaba/credentials/credentials.h"

namespace larkspur::ops::alibaba {

// What fetching needs; outlives it.
struct FetchParts {
  const Endpoints& endpoints;
  const Surroundings& surroundings;
  ClockSkew& clock;
  std::string region;  // whose STS is asked; "": the centre's
};

using CredentialsReply = std::expected<CredentialsPtr, CloudError>;

// Every request enters the call's api_calls. Errors have the code NO_CREDENTIALS where the service
// gave none of its own.
Async<CredentialsReply> fetch(call::CallContext& context, FetchParts parts, const Source& source);

}  // namespace larkspur::ops::alibaba
