#include "mcp/server/notices.h"

#include "json/scan.h"
#include "json/writer.h"
#include "mcp/message.h"
#include "mcp/server/logging.h"

namespace larkspur::mcp::server {

namespace {

std::string with_token(std::string_view params, std::string_view token) {
  json::Writer out;
  out.begin_object().key("progressToken").raw(token);
  if (const auto members = json::scan_object(params)) {
    for (const json::Member& member : *members) {
      if (member.key != "progressToken") out.key(member.key).raw(member.raw);
    }
  }
  out.end_object();
  return out.take();
}

}  // namespace

RequestNotices::RequestNotices(const json::Value& meta, std::string_view level)
    : progress_token_(canonical_id(meta["progressToken"])), severity_(log_severity(level)) {}

std::optional<std::string> RequestNotices::render(std::string_view method,
                                                  std::string_view params) const {
  if (method == "notifications/progress") {
    if (progress_token_.empty()) return std::nullopt;
    return on_one_line(notification_message(method, with_token(params, progress_token_)));
  }
  if (method == "notifications/message" && !wants_log(params)) return std::nullopt;
  return on_one_line(notification_message(method, params));
}

bool RequestNotices::wants_log(std::string_view params) const {
  if (!severity_) return false;
  const auto members = json::scan_object(params);
  if (!members) return false;
  const std::string_view level = json::find_member(*members, "level");
  if (level.size() < 2) return false;
  const auto severity = log_severity(level.substr(1, level.size() - 2));
  return severity && *severity >= *severity_;
}

}  // namespace larkspur::mcp::server
