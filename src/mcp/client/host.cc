#include "mcp/client/host.h"

#include "json/scan.h"

namespace larkspur::mcp {

void Host::log(std::string_view line) const {
  if (!gone_ && options_.log) options_.log(line);
}

void Host::deliver(const Incoming& notification, const CallInFlight* of_call) const {
  const std::string& method = notification.method;
  if (method == "notifications/progress") return deliver_progress(notification);
  // These two are about requests of ours, and who made the request knows already.
  if (method == "notifications/cancelled") return;
  if (method == "notifications/subscriptions/acknowledged") return;
  if (method == "notifications/message") {
    if (of_call == nullptr) of_call = only_callers_call();
    if (of_call != nullptr && of_call->options.on_notification) {
      return of_call->options.on_notification(method, notification.params);
    }
  }
  if (!gone_ && options_.on_notification) options_.on_notification(method, notification.params);
}

void Host::deliver_progress(const Incoming& notification) const {
  const auto members = json::scan_object(notification.params);
  if (!members) return;
  const auto token = as_number(json::find_member(*members, "progressToken"));
  if (!token) return;
  // Late progress for a call that has ended finds nobody.
  const auto call = calls_.find(*token);
  if (call == calls_.end() || !call->second->options.on_notification) return;
  call->second->options.on_notification(notification.method,
                                        without_member(notification.params, "progressToken"));
}

void Host::tools_may_have_changed() const {
  if (!gone_ && options_.on_notification) {
    options_.on_notification("notifications/tools/list_changed", "{}");
  }
}

const CallInFlight* Host::only_callers_call() const {
  const CallInFlight* found = nullptr;
  for (const auto& [id, call] : calls_) {
    const CallOptions& options = call->options;
    if (!options.on_request && !options.on_notification) continue;  // our own housekeeping
    if (found != nullptr && found->options.on_behalf_of != options.on_behalf_of) return nullptr;
    found = call;
  }
  return found;
}

}  // namespace larkspur::mcp
