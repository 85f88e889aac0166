// One connection to a server, of either transport, from its handshake to its end. Reconnecting is
// not its business: a connection that is lost says so and is replaced (reconnecting_client.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/async.h"
#include "base/result.h"
#include "mcp/client/client.h"
#include "mcp/client/outgoing.h"

namespace larkspur::mcp {

struct Ask {
  Era era = Era::kLegacy;
  std::string method;
  std::string params;  // a raw object without _meta, or ""
  std::string name;    // for the header Mcp-Name, or ""
  CallOptions options;
};

// The words of `ask` under the id `id`.
inline RequestText text_of(const Ask& ask, std::int64_t id) {
  return {.era = ask.era,
          .id = id,
          .method = ask.method,
          .params = ask.params,
          .meta = ask.options.meta,
          .wants_progress = ask.options.on_notification && ask.options.wants_progress,
          .client_capabilities = ask.options.client_capabilities,
          .log_level = ask.options.log_level};
}

struct Exchange {
  // What to do with the connection: go on, replace it before the next request, or replace it and
  // send this request once more, because the server cannot have started on it.
  enum class Then : unsigned char { kKeep, kReconnect, kReplay };

  CallReply reply;
  Then then = Then::kKeep;

  static Exchange failed(Error error, Then then = Then::kKeep) {
    return {std::unexpected(CallError{std::move(error), std::nullopt}), then};
  }
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Set by the handshake, and constant from then on.
  const ServerFacts& facts() const { return facts_; }
  // Why no further request can succeed; nullopt while there is hope.
  const std::optional<Error>& lost() const { return lost_; }

  // Sends a request and waits for its answer. `ask` must live until then. Where the coroutine is
  // cancelled or the deadline passes, the server is told. Throws only as Asio does on cancellation.
  virtual Async<Exchange> exchange(const Ask& ask) = 0;
  // Sends a notification; the deadline is for handing it over.
  virtual Async<Result<void>> tell(std::string text, SteadyClock::time_point deadline) = 0;

  // Host::watched() has changed.
  virtual void watched_changed() = 0;

  // Ends whatever runs beside the calls. Calls in flight end soon, with kCancelled or by
  // themselves.
  virtual void stop() = 0;
  // Ends the session or the process politely, then stop().
  virtual Async<void> close() = 0;

 protected:
  ServerFacts facts_;
  std::optional<Error> lost_;
};

// Makes connections to one server.
class Dialer {
 public:
  virtual ~Dialer() = default;
  // Connects and shakes hands.
  virtual Async<Result<std::shared_ptr<Connection>>> dial(SteadyClock::time_point deadline) = 0;
};

}  // namespace larkspur::mcp
