#include "mcp/server/listen.h"

#include <algorithm>
#include <array>

#include "json/writer.h"
#include "mcp/message.h"
#include "mcp/server/modern.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

constexpr std::array<ChangeKind, 3> kChanges = {{
    {"toolsListChanged", "tools", "notifications/tools/list_changed"},
    {"promptsListChanged", "prompts", "notifications/prompts/list_changed"},
    {"resourcesListChanged", "resources", "notifications/resources/list_changed"},
}};

}  // namespace

std::vector<ChangeKind> advertised_changes(std::string_view capabilities) {
  std::vector<ChangeKind> advertised;
  const auto document = json::Document::parse(std::string(capabilities));
  if (!document) return advertised;
  for (const ChangeKind& change : kChanges) {
    if (document->root()[change.capability]["listChanged"].boolean()) advertised.push_back(change);
  }
  return advertised;
}

std::expected<Subscription, RpcError> Subscription::read(std::string id, const json::Value& params,
                                                         std::string_view capabilities) {
  const json::Value wanted = params["notifications"];
  if (!wanted.is_object()) {
    return rpc_fail(
        rpc::kInvalidParams,
        "Invalid params: subscriptions/listen needs \"notifications\", an object such as "
        "{\"toolsListChanged\":true}");
  }
  Subscription subscription;
  subscription.id_ = std::move(id);
  for (const ChangeKind& change : advertised_changes(capabilities)) {
    if (wanted[change.filter].boolean()) subscription.honoured_.push_back(change);
  }
  return subscription;
}

bool Subscription::wants(std::string_view method) const {
  return std::ranges::find(honoured_, method, &ChangeKind::method) != honoured_.end();
}

std::string Subscription::acknowledged() const {
  json::Writer params;
  params.begin_object().key("notifications").begin_object();
  for (const ChangeKind& change : honoured_) params.key(change.filter).boolean(true);
  params.end_object().key("_meta").raw(meta()).end_object();
  return notification_message("notifications/subscriptions/acknowledged", params.text());
}

std::string Subscription::event(std::string_view method) const {
  return notification_message(method, "{\"_meta\":" + meta() + "}");
}

std::string Subscription::closing(const Implementation& server) const {
  const auto result = stamp_result("subscriptions/listen", "{\"_meta\":" + meta() + "}", server);
  return result_message(id_, *result);
}

std::string Subscription::meta() const {
  json::Writer out;
  out.begin_object().key(kMetaSubscription).raw(id_).end_object();
  return out.take();
}

}  // namespace larkspur::mcp::server
