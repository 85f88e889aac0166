// Queries of Alibaba Cloud's Simple Log Service (GetLogsV2).
#pragma once

#include <expected>
#include <string>

#include "call/external_call.h"
#include "json/value.h"
#include "ops/alibaba/client/attempts.h"
#include "ops/alibaba/client/endpoints.h"
#include "ops/alibaba/credentials/credentials.h"

namespace larkspur::ops::alibaba {

struct LogQuery {
  std::string project, logstore, region;
  std::int64_t from = 0, to = 0;  // Unix seconds, [from, to); from < to
  std::string query;              // the service's own search language; "*" for everything
  std::int64_t limit = 10;        // 1 to 100 rows
  bool newest_first = true;
  std::string cluster_id;  // for the record
};

struct LogAnswer {
  json::Document body;  // {"meta":{...},"data":[{...}, ...]}
  std::string request_id;
  bool complete = true;  // false: the service had not looked everywhere when we stopped asking

  json::Value rows() const { return body.root()["data"]; }
};
using LogReply = std::expected<LogAnswer, CloudError>;

// The request of one attempt, signed. Pure.
call::HttpAsk sign_log_query(const LogQuery& query, const std::string& base_url,
                             const Credentials& credentials, EpochMs now);

// Asks again, five times at most and half a second apart, while the service answers with a part of
// the rows. All of that is one entry in api_calls, whose attempts counts every request.
Async<LogReply> get_logs(call::CallContext& context, const Endpoints& endpoints, ClockSkew& clock,
                         LogQuery query, CredentialsPtr credentials);

}  // namespace larkspur::ops::alibaba
