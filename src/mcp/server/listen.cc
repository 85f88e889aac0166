#include "mcp/server/listen.h"

#include <algorithm>
#include <array>

#include "json/writer.h"
#include "mcp/message.h"
#include "mcp/server/modern.h"
#include "mcp/server/names.h"

namespace larkspur::mcp::server {

namespace {

constexpr std::size_t kMaxUris = 1'000;  // of one subscription; the acknowledgement tells which

constexpr std::array<ChangeKind, 3> kChanges = {{
    {"toolsListChanged", "tools", "notifications/tools/list_changed"},
    {"promptsListChanged", "prompts", "notifications/prompts/list_changed"},
    {"resourcesListChanged", "resources", "notifications/resources/list_changed"},
}};

}  // namespace

bool is_update_of(std::string_view uri, std::string_view watched) {
  return uri.starts_with(watched) &&
         (uri.size() == watched.size() || watched.ends_with('/') || uri[watched.size()] == '/');
}

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
  const auto known = json::Document::parse(std::string(capabilities));
  if (known && known->root()["resources"]["subscribe"].boolean()) {
    for (const json::Value uri : wanted["resourceSubscriptions"].elements()) {
      if (subscription.uris_.size() == kMaxUris) break;
      if (uri.is_string()) subscription.uris_.emplace_back(uri.string());
    }
  }
  return subscription;
}

std::string Subscription::acknowledged() const {
  json::Writer params;
  params.begin_object().key("notifications").begin_object();
  for (const ChangeKind& change : honoured_) params.key(change.filter).boolean(true);
  if (!uris_.empty()) {
    params.key("resourceSubscriptions").begin_array();
    for (const std::string& uri : uris_) params.string(uri);
    params.end_array();
  }
  params.end_object().key("_meta").raw(meta()).end_object();
  return notification_message("notifications/subscriptions/acknowledged", params.text());
}

std::optional<std::string> Subscription::event(const std::string& change) const {
  const auto document = json::Document::parse(change);
  if (!document) return std::nullopt;
  const std::string_view method = document->root()["method"].string();
  const json::Value params = document->root()["params"];
  const bool wanted =
      method == kResourceUpdated
          ? std::ranges::any_of(uris_,
                                [uri = params["uri"].string()](const std::string& watched) {
                                  return is_update_of(uri, watched);
                                })
          : std::ranges::find(honoured_, method, &ChangeKind::method) != honoured_.end();
  if (!wanted) return std::nullopt;
  json::Writer out;
  out.begin_object();
  for (const auto [key, value] : params.members()) {
    if (key != "_meta") out.key(key).raw(value.raw());
  }
  out.key("_meta").raw(meta()).end_object();
  return notification_message(method, out.text());
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
