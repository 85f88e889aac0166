// A server behind Streamable HTTP (mcp 2025-11-25 and 2026-07-28): one session in the legacy era,
// none in the modern one. The TCP connections below it are net's business.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mcp/client/connection.h"
#include "mcp/client/host.h"
#include "mcp/client/peer_requests.h"
#include "mcp/client/sse_reader.h"
#include "mcp/client/waiting.h"
#include "mcp/client/watched_resources.h"
#include "net/http_client.h"

namespace larkspur::mcp {

class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  // `http` must outlive the client that `host` belongs to.
  HttpConnection(Executor executor, net::HttpClient& http, HttpServerAddress address,
                 std::shared_ptr<Host> host);

  // After a handshake that failed: whether that may be because the server is one of HTTP+SSE (mcp
  // 2026-07-28 versioning, backwards compatibility).
  bool refused_initialize() const { return refused_initialize_; }

  // The handshake is over: listens from now on for what the server says of its own accord.
  void start(ServerFacts facts);

  Async<Exchange> exchange(const Ask& ask) override;
  Async<Result<void>> tell(std::string text, SteadyClock::time_point deadline) override;
  void stop() override;
  void watched_changed() override;
  Async<void> close() override;

 private:
  // One request of ours while it is under way; lives in the frame of exchange().
  struct Call {
    const Ask& ask;
    std::int64_t id;
    CallOptions::Facts& facts;
    CallInFlight in_flight;

    SteadyClock::time_point deadline() const { return in_flight.patience->until(); }
    bool is_handshake() const {
      return ask.method == "initialize" || ask.method == "server/discover";
    }
  };
  class CancelNotice;

  // http_connection.cc: requests
  Async<Exchange> send(Call call, std::string body);
  Async<Exchange> send_with_credentials(Call call, std::string body);
  // What a server said that wants other credentials; status 0 where it did not.
  struct Refusal {
    int status = 0;
    std::string challenge;
  };
  Async<Exchange> send_once(Call call, std::string body, Refusal* refusal = nullptr);
  Async<Exchange> read_json(Call call, net::HttpBodyStream& body);
  Async<Exchange> read_refusal(Call call, net::HttpBodyStream& body);
  Exchange refused(const Call& call, const net::HttpBodyStream& answer, std::string_view body);
  bool loses_session(int status, const std::optional<RpcError>& rpc);
  Exchange transport_failed(Error error) const;
  net::HttpRequest post(Era era, std::string_view method, std::string_view name,
                        std::string body) const;
  net::Headers headers(Era era) const;
  Async<void> post_quietly(std::string text);
  std::string place() const;  // for messages; without the query, which may hold a secret

  // http_events.cc: event streams
  Async<Exchange> read_events(Call call, std::unique_ptr<net::HttpBodyStream> body);
  Async<Result<void>> resume(Call call, SseReader& events);
  // The answer to `call` (may be null) when `text` is it; everything else finds its way from here.
  std::optional<CallReply> take_message(const Call* call, std::string& text);
  void answer_request(const Call* call, const Incoming& request);

  // http_listener.cc: the stream that stays open
  enum class Ending : unsigned char { kBroken, kNotOffered };
  void start_listening();
  Async<void> listen();
  Async<Ending> listen_once(bool first, std::string& last_event_id,
                            std::chrono::milliseconds& retry);
  net::HttpRequest listen_request(std::int64_t id, const std::string& last_event_id) const;
  Async<Ending> listen_refused(net::HttpBodyStream& answer, std::string& last_event_id);

  Executor executor_;
  net::HttpClient& http_;
  HttpServerAddress address_;
  std::shared_ptr<Host> host_;
  std::string session_id_;  // legacy; "" when the server keeps none
  bool refused_initialize_ = false;
  PeerRequests requests_;
  std::unique_ptr<Background> listener_ = std::make_unique<Background>();
  WatchedResources watched_;  // legacy
};

class HttpDialer final : public Dialer {
 public:
  HttpDialer(Executor executor, net::HttpClient& http, HttpServerAddress address,
             std::shared_ptr<Host> host)
      : executor_(executor), http_(http), address_(std::move(address)), host_(std::move(host)) {}
  Async<Result<std::shared_ptr<Connection>>> dial(SteadyClock::time_point deadline) override;

 private:
  // HTTP+SSE. `because` is what the other transport failed with, where that was tried.
  Async<Result<std::shared_ptr<Connection>>> dial_sse(SteadyClock::time_point deadline,
                                                      std::optional<Error> because);

  Executor executor_;
  net::HttpClient& http_;
  HttpServerAddress address_;
  std::shared_ptr<Host> host_;
};

}  // namespace larkspur::mcp
