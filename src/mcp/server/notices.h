// Messages that belong to one request (progress, logging): which of them its client asked for, and
// in what words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "mcp/protocol.h"

namespace larkspur::mcp::server {

class RequestNotices {
 public:
  // `level`: the least severe log message that the client wants; "" for none.
  RequestNotices(const json::Value& meta, std::string_view level);

  // The message to send, on one line; nullopt when the client did not ask for it. Progress gets the
  // client's own token, whatever `params` says.
  std::optional<std::string> render(std::string_view method, std::string_view params) const;

 private:
  bool wants_log(std::string_view params) const;

  std::string progress_token_;  // raw, with its JSON type; "" when the client gave none
  std::optional<std::size_t> severity_;
};

}  // namespace larkspur::mcp::server
