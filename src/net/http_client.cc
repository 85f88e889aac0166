#include "net/http_client.h"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "net/client_connection.h"

namespace larkspur::net {

using ConnectionPtr = std::unique_ptr<ClientConnection>;

struct HttpClient::Impl {
  Impl(Executor e, HttpClientOptions o) : executor(e), options(std::move(o)) {}

  struct Idle {
    ConnectionPtr connection;
    SteadyClock::time_point since;
  };

  Executor executor;
  HttpClientOptions options;
  std::optional<asio::ssl::context> tls;
  // By origin, the one used last at the back. Nothing is read or timed on an idle connection, so
  // that it costs nothing and keeps no loop busy; take() looks whether it still lives.
  std::unordered_map<std::string, std::deque<Idle>> idle;

  ConnectionPtr take(const std::string& origin);
  void give_back(ConnectionPtr connection);
  Result<asio::ssl::context*> tls_context();
  Async<Result<ConnectionPtr>> start(Url url, const HttpRequest& request,
                                     SteadyClock::time_point deadline, std::size_t max_body_bytes);
};

ConnectionPtr HttpClient::Impl::take(const std::string& origin) {
  const auto found = idle.find(origin);
  if (found == idle.end()) return nullptr;
  auto& queue = found->second;
  const auto oldest = SteadyClock::now() - options.idle_timeout;
  while (!queue.empty() && queue.front().since < oldest) queue.pop_front();
  ConnectionPtr connection;
  while (!queue.empty() && !connection) {
    if (queue.back().connection->alive()) connection = std::move(queue.back().connection);
    queue.pop_back();
  }
  if (queue.empty()) idle.erase(found);
  return connection;
}

void HttpClient::Impl::give_back(ConnectionPtr connection) {
  if (!connection->reusable() || options.max_idle_per_origin == 0) return;
  connection->clear_deadline();
  auto& queue = idle[connection->origin()];
  if (queue.size() >= options.max_idle_per_origin) queue.pop_front();
  queue.push_back({std::move(connection), SteadyClock::now()});
}

Result<asio::ssl::context*> HttpClient::Impl::tls_context() {
  if (tls) return &*tls;
  asio::ssl::context context(asio::ssl::context::tls_client);
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) context.set_default_verify_paths(error);
  if (!error && !options.ca_file.empty()) context.load_verify_file(options.ca_file, error);
  if (error) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("cannot load the trusted certificates{}{}: {}",
                    options.ca_file.empty() ? "" : " in ", options.ca_file, error.message()));
  }
  return &tls.emplace(std::move(context));
}

// A connection whose answer's header has come.
Async<Result<ConnectionPtr>> HttpClient::Impl::start(Url url, const HttpRequest& request,
                                                     SteadyClock::time_point deadline,
                                                     std::size_t max_body_bytes) {
  if (SteadyClock::now() >= deadline) {
    co_return fail(ErrorCode::kTimeout,
                   fmt::format("no time was left for a request to {}", url.origin()));
  }
  if (ConnectionPtr connection = take(url.origin())) {
    connection->set_deadline(deadline);
    auto done = co_await connection->exchange(request, options.max_header_bytes, max_body_bytes);
    if (done) co_return connection;
    if (!connection->was_stale()) co_return fail(std::move(done.error()));
  }

  asio::ssl::context* context = nullptr;
  if (url.tls) {
    auto loaded = tls_context();
    if (!loaded) co_return fail(std::move(loaded.error()));
    context = *loaded;
  }
  auto connection = std::make_unique<ClientConnection>(executor, url);
  connection->set_deadline(deadline);
  auto done = co_await connection->connect(context, options.connect_timeout);
  if (done) {
    done = co_await connection->exchange(request, options.max_header_bytes, max_body_bytes);
  }
  if (!done) co_return fail(std::move(done.error()));
  co_return connection;
}

HttpClient::HttpClient(Executor executor, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(executor, std::move(options))) {}

HttpClient::~HttpClient() = default;

Async<Result<HttpResponse>> HttpClient::send(Url url, HttpRequest request,
                                             SteadyClock::time_point deadline,
                                             std::size_t max_body_bytes) {
  const auto impl = impl_;  // this object may go while we wait
  auto started = co_await impl->start(std::move(url), request, deadline, max_body_bytes);
  if (!started) co_return fail(std::move(started.error()));
  ConnectionPtr connection = std::move(*started);
  while (!connection->has_whole_body()) {
    const auto more = co_await connection->read_body();
    if (!more) co_return fail(more.error());
  }
  HttpResponse response = std::move(connection->response());
  impl->give_back(std::move(connection));
  co_return response;
}

namespace {

class BodyStream final : public HttpBodyStream {
 public:
  BodyStream(ConnectionPtr connection, std::function<void(ConnectionPtr)> give_back)
      : connection_(std::move(connection)),
        give_back_(std::move(give_back)),
        status_(connection_->response().status),
        headers_(std::move(connection_->response().headers)) {}

  int status() const override { return status_; }
  const Headers& headers() const override { return headers_; }

  void set_deadline(SteadyClock::time_point when) override {
    if (connection_) connection_->set_deadline(when);
  }

  Async<Result<std::string>> read_some() override {
    while (connection_) {
      std::string& body = connection_->response().body;
      if (!body.empty()) {
        nothing_read_ = false;
        co_return std::exchange(body, {});
      }
      const auto more = co_await connection_->read_body();
      if (!more) co_return fail(more.error());
      if (!*more) give_back_(std::move(connection_));
      nothing_read_ = false;
    }
    co_return std::string();
  }

  std::optional<std::string> take_if_complete() override {
    if (!connection_ || !nothing_read_ || !connection_->has_whole_body()) return std::nullopt;
    std::string body = std::move(connection_->response().body);
    give_back_(std::move(connection_));
    return body;
  }

 private:
  ConnectionPtr connection_;  // null once the body has been read to its end
  std::function<void(ConnectionPtr)> give_back_;
  int status_;
  Headers headers_;
  bool nothing_read_ = true;
};

}  // namespace

Async<Result<std::unique_ptr<HttpBodyStream>>> HttpClient::open(Url url, HttpRequest request,
                                                                SteadyClock::time_point deadline) {
  const auto impl = impl_;
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  auto started = co_await impl->start(std::move(url), request, deadline, kNoLimit);
  if (!started) co_return fail(std::move(started.error()));
  (*started)->set_deadline(SteadyClock::time_point::max());
  co_return std::make_unique<BodyStream>(std::move(*started), [impl](ConnectionPtr connection) {
    impl->give_back(std::move(connection));
  });
}

}  // namespace larkspur::net
