// A server behind HTTP+SSE, the transport of 2024-11-05: one GET stream that every answer comes on,
// whose first event names the URL that messages are POSTed to. The stream is the session: with it
// ends everything, and nothing can be resumed.
#pragma once

#include <memory>
#include <string>

#include "mcp/client/connection.h"
#include "mcp/client/host.h"
#include "mcp/client/shared_stream.h"
#include "mcp/client/sse_reader.h"
#include "mcp/client/waiting.h"
#include "mcp/client/watched_resources.h"
#include "net/http_client.h"

namespace larkspur::mcp {

class SseConnection final : public Connection, public std::enable_shared_from_this<SseConnection> {
 public:
  // Opens the stream and waits for its endpoint event. Errors: what keeps the GET from succeeding,
  // kProtocol for an answer that is no such stream. `http` outlives the client of `host`.
  static Async<Result<std::shared_ptr<SseConnection>>> open(Executor executor,
                                                            net::HttpClient& http,
                                                            HttpServerAddress address,
                                                            std::shared_ptr<Host> host,
                                                            SteadyClock::time_point deadline);

  // The handshake is over.
  void start(ServerFacts facts);

  Async<Exchange> exchange(const Ask& ask) override;
  Async<Result<void>> tell(std::string text, SteadyClock::time_point deadline) override;
  void watched_changed() override;
  void stop() override;
  Async<void> close() override;

 private:
  // What became of a message's POST; shared with the coroutine that sends it.
  struct Posted {
    int status = 0;
    bool not_taken = false;  // by no means has the server started on it
  };

  SseConnection(Executor executor, net::HttpClient& http, HttpServerAddress address,
                std::shared_ptr<Host> host);

  Async<Result<void>> find_endpoint(SteadyClock::time_point deadline);
  Async<Result<std::unique_ptr<net::HttpBodyStream>>> open_stream(SteadyClock::time_point deadline);
  Async<void> read_events();
  Async<Result<void>> post(std::string text, SteadyClock::time_point deadline, Posted& posted);
  Async<void> post_request(std::int64_t id, std::string text, SteadyClock::time_point deadline,
                           std::shared_ptr<Posted> posted);
  void post_quietly(std::string text);
  // Whether to send the request once more: the server wants other credentials, and there are some.
  Async<Result<bool>> renew(int status, const net::Headers& answer, std::string used, int times);
  std::string authorization() const;
  net::HttpRequest request(std::string_view method, std::string target) const;
  void end(Error error);
  std::string place() const;

  Executor executor_;
  net::HttpClient& http_;
  HttpServerAddress address_;
  std::shared_ptr<Host> host_;
  net::Url endpoint_;
  std::unique_ptr<SseReader> events_;
  SharedStream stream_;
  WatchedResources watched_;
  Background reader_;
};

}  // namespace larkspur::mcp
