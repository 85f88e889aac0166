#include "mcp/client/host.h"

#include "json/scan.h"

namespace larkspur::mcp {

void Host::log(std::string_view line) const {
  if (!gone_ && options_.log) options_.log(line);
}

void Host::deliver(const Incoming& notification, const NotificationSink* of_call) const {
  const std::string& method = notification.method;
  if (method == "notifications/progress") return deliver_progress(notification);
  // These two are about requests of ours, and who made the request knows already.
  if (method == "notifications/cancelled") return;
  if (method == "notifications/subscriptions/acknowledged") return;
  if (method == "notifications/message" && of_call != nullptr && *of_call) {
    return (*of_call)(method, notification.params);
  }
  if (!gone_ && options_.on_notification) options_.on_notification(method, notification.params);
}

void Host::deliver_progress(const Incoming& notification) const {
  const auto members = json::scan_object(notification.params);
  if (!members) return;
  const auto token = as_number(json::find_member(*members, "progressToken"));
  if (!token) return;
  // Late progress for a call that has ended finds nobody.
  if (const auto route = progress_.find(*token); route != progress_.end()) {
    (*route->second)(notification.method, without_member(notification.params, "progressToken"));
  }
}

void Host::tools_may_have_changed() const {
  if (!gone_ && options_.on_notification) {
    options_.on_notification("notifications/tools/list_changed", "{}");
  }
}

Host::ProgressRoute::ProgressRoute(Host& host, std::int64_t token, const NotificationSink& sink)
    : host_(host), token_(token) {
  if (sink) host_.progress_.emplace(token, &sink);
}

}  // namespace larkspur::mcp
