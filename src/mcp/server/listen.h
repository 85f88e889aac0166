// subscriptions/listen: which changes a modern client hears of (mcp 2026-07-28 basic/patterns,
// subscriptions).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "mcp/protocol.h"

namespace larkspur::mcp::server {

// One kind of change that clients can be told of. All text is static.
struct ChangeKind {
  std::string_view filter;      // its name in a listen request
  std::string_view capability;  // whose listChanged advertises it
  std::string_view method;      // that announces it
};

// Whether an update of `uri` is one of the resource `watched`, or of a part of it.
bool is_update_of(std::string_view uri, std::string_view watched);

// Those that `capabilities`, a raw object, advertises.
std::vector<ChangeKind> advertised_changes(std::string_view capabilities);

// One subscription. Every message of it carries the listen request's id.
class Subscription {
 public:
  // Honours what is both asked for and advertised. `id` is the raw id of the request.
  static std::expected<Subscription, RpcError> read(std::string id, const json::Value& params,
                                                    std::string_view capabilities);

  // The resources whose updates are wanted; whoever feeds the subscription takes out what may not
  // be had, before acknowledged().
  std::vector<std::string>& uris() { return uris_; }
  bool empty() const { return honoured_.empty() && uris_.empty(); }

  // Whole messages.
  std::string acknowledged() const;
  // For `change`, a raw notification; nullopt where it is not wanted.
  std::optional<std::string> event(const std::string& change) const;
  std::string closing(const Implementation& server) const;  // the response that ends it

 private:
  std::string meta() const;

  std::string id_;
  std::vector<ChangeKind> honoured_;
  std::vector<std::string> uris_;
};

}  // namespace larkspur::mcp::server
