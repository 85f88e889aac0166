// subscriptions/listen: which changes a modern client hears of (mcp 2026-07-28 basic/patterns,
// subscriptions).
#pragma once

#include <expected>
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

// Those that `capabilities`, a raw object, advertises.
std::vector<ChangeKind> advertised_changes(std::string_view capabilities);

// One subscription. Every message of it carries the listen request's id.
class Subscription {
 public:
  // Honours what is both asked for and advertised. `id` is the raw id of the request.
  static std::expected<Subscription, RpcError> read(std::string id, const json::Value& params,
                                                    std::string_view capabilities);

  bool wants(std::string_view method) const;
  bool empty() const { return honoured_.empty(); }

  // Whole messages.
  std::string acknowledged() const;
  std::string event(std::string_view method) const;
  std::string closing(const Implementation& server) const;  // the response that ends it

 private:
  std::string meta() const;

  std::string id_;
  std::vector<ChangeKind> honoured_;
};

}  // namespace larkspur::mcp::server
