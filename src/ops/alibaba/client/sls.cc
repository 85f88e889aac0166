#include "ops/alibaba/client/sls.h"

#include <charconv>

#include "base/form.h"
#include "base/random.h"
#include "base/text.h"
#include "json/writer.h"
#include "ops/alibaba/lz4_block.h"
#include "ops/alibaba/sign/sls4.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20;
constexpr int kMaxRounds = 6;  // the first and five more
constexpr std::chrono::milliseconds kBetweenRounds{500};

std::string body_of(const LogQuery& query) {
  json::Writer out;
  out.begin_object();
  out.key("from").integer(query.from).key("to").integer(query.to);
  out.key("line").integer(query.limit).key("offset").integer(0);
  out.key("query").string(query.query);
  out.key("reverse").boolean(query.newest_first);
  return out.end_object().take();
}

// "2026-01-15T08:00:00.000Z" -> "20260115T080000Z"
std::string compact_date(EpochMs now) {
  std::string out;
  for (const char c : to_iso8601(now).substr(0, 19)) {
    if (c != '-' && c != ':') out += c;
  }
  return out + "Z";
}

Result<std::string> decoded(const call::HttpAnswer& answer) {
  const std::string_view compression = answer.header("x-log-compresstype");
  if (compression.empty()) return answer.body;
  if (!equals_ignore_case(compression, "lz4")) {
    return fail(ErrorCode::kProtocol, "a compression that was not asked for: " +
                                          printable(truncate_utf8(compression, 32)));
  }
  const std::string_view announced = answer.header("x-log-bodyrawsize");
  std::size_t size = 0;
  const char* end = announced.data() + announced.size();
  const auto read = std::from_chars(announced.data(), end, size);
  if (announced.empty() || read.ec != std::errc{} || read.ptr != end) {
    return fail(ErrorCode::kProtocol, "a compressed answer without x-log-bodyrawsize");
  }
  return decode_lz4_block(answer.body, size, kMaxAnswerBytes);
}

call::ApiCall entry_of(const LogQuery& query) {
  call::SlsCall details;
  details.project = query.project;
  details.logstore = query.logstore;
  details.query_digest = "sha256:" + sha256_hex(query.query);
  call::ApiCall entry;
  entry.api = "GetLogs";
  entry.details = std::move(details);
  entry.cluster_id = query.cluster_id;
  entry.region_id = query.region;
  return entry;
}

LogReply read(call::HttpExchange& exchange, const call::HttpAnswer& answer,
              const Scrubber& scrubber) {
  LogAnswer out;
  auto text = decoded(answer);
  Result<json::Document> document;
  if (text) scrubber.scrub(*text);
  if (text) document = json::Document::parse(std::move(*text));
  const bool sound = text && document && document->root()["data"].is_array();
  if (!sound) {
    CloudError error = unusable_answer(answer, !text       ? text.error().message
                                               : !document ? document.error().message
                                                           : "it has no rows (member 'data')");
    enter_failure(exchange, error);
    return std::unexpected(std::move(error));
  }
  out.body = std::move(*document);
  out.request_id = answer.header("x-log-requestid");
  const json::Value meta = out.body.root()["meta"];
  out.complete = !equals_ignore_case(meta["progress"].string(), "incomplete");

  auto& details = exchange.details<call::SlsCall>();
  details.log_count = static_cast<std::int64_t>(out.rows().size());
  details.progress = out.complete ? "Complete" : "InComplete";
  details.processed_rows = meta["processedRows"].integer();
  details.elapsed_ms = meta["elapsedMillisecond"].integer();
  return out;
}

}  // namespace

call::HttpAsk sign_log_query(const LogQuery& query, const std::string& base_url,
                             const Credentials& credentials, EpochMs now) {
  call::HttpAsk made;
  made.method = "POST";
  made.body = body_of(query);
  const std::string path = "/logstores/" + percent_encode(query.logstore) + "/logs";
  made.url = base_url + path;
  made.max_body_bytes = kMaxAnswerBytes;

  const std::string date = compact_date(now);
  const std::string payload = sha256_hex(made.body);
  Fields headers{
      {"host", host_of(base_url)},       {"content-type", "application/json"},
      {"x-log-apiversion", "0.6.0"},     {"x-log-bodyrawsize", std::to_string(made.body.size())},
      {"x-log-content-sha256", payload}, {"x-log-date", date}};
  if (!credentials.security_token.empty()) {
    headers.emplace_back("x-acs-security-token", credentials.security_token.reveal());
  }
  std::string authorization =
      sls4_authorization({made.method, path, {}, headers, payload}, {query.region, date},
                         credentials.access_key_id, credentials.access_key_secret.reveal());
  made.headers.assign(headers.begin() + 1, headers.end());  // whoever sends adds the Host
  made.headers.emplace_back("accept", "application/json");
  made.headers.emplace_back("accept-encoding", "lz4");
  made.headers.emplace_back("authorization", std::move(authorization));
  return made;
}

Async<LogReply> get_logs(call::CallContext& context, const Endpoints& endpoints, ClockSkew& clock,
                         LogQuery query, CredentialsPtr credentials) {
  const std::string base_url = endpoints.sls(query.project, query.region);
  const Scrubber scrubber = credentials->scrubber();
  call::HttpExchange exchange(context, entry_of(query));
  for (int round = 1;; ++round) {
    auto answer = co_await send_with_retries(
        exchange, [&] { return sign_log_query(query, base_url, *credentials, clock.now()); },
        {.read_error = read_sls_error, .scrubber = scrubber}, clock);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    auto logs = read(exchange, *answer, scrubber);
    if (!logs || logs->complete || round == kMaxRounds) co_return logs;
    if (SteadyClock::now() + kBetweenRounds >= context.deadline) co_return logs;
    (void)co_await exchange.pause(kBetweenRounds, "progress incomplete");
  }
}

}  // namespace larkspur::ops::alibaba
