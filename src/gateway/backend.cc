#include "gateway/backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>

#include "base/text.h"
#include "execlog/recording.h"
#include "gateway/request_meta.h"
#include "json/scan.h"
#include "json/writer.h"
#include "mcp/auth/oauth_credentials.h"

namespace larkspur::gateway {

namespace {

mcp::HttpServerAddress address_of(const config::Backend& settings) {
  mcp::HttpServerAddress address;
  address.url = *net::Url::parse(settings.url);  // config has checked it
  for (const auto& [name, value] : settings.headers) address.headers.add(name, value.reveal());
  return address;
}

mcp::auth::OAuthOptions oauth_options(const config::Backend& settings) {
  const config::OAuth& oauth = settings.oauth;
  return {.server_url = settings.url,
          .backend = settings.name,
          .file = oauth.file,
          .own_name = oauth.grant == config::OAuthGrant::kClientCredentials,
          .client_id = oauth.client_id,
          .client_secret = oauth.client_secret.reveal(),
          .scope = fmt::format("{}", fmt::join(oauth.scopes, " "))};
}

mcp::StdioServer process_of(const config::Backend& settings) {
  mcp::StdioServer process;
  process.argv.push_back(settings.command);
  process.argv.insert(process.argv.end(), settings.args.begin(), settings.args.end());
  for (const auto& [name, value] : settings.env) process.env[name] = value.reveal();
  process.working_directory = settings.working_directory;
  return process;
}

std::string call_params(std::string_view own_name, std::string_view arguments) {
  json::Writer writer;
  writer.begin_object().key("name").string(own_name);
  if (!arguments.empty()) writer.key("arguments").raw(arguments);
  writer.end_object();
  return writer.take();
}

call::FailureStage stage_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnauthenticated:
      return call::FailureStage::kBackendConnect;
    case ErrorCode::kTimeout:
      return call::FailureStage::kTimeout;
    case ErrorCode::kCancelled:
      return call::FailureStage::kCancelled;
    case ErrorCode::kProtocol:
    case ErrorCode::kTooLarge:
      return call::FailureStage::kDecodeResponse;
    default:
      return call::FailureStage::kBackendCall;
  }
}

execlog::ApiStatus api_status(ErrorCode code) {
  if (code == ErrorCode::kTimeout) return execlog::ApiStatus::kTimeout;
  if (code == ErrorCode::kCancelled) return execlog::ApiStatus::kCancelled;
  return execlog::ApiStatus::kFailed;
}

// What a backend's reply means for the call; backends are named, since a caller sees one server
// only.
call::CallReply to_call_reply(const std::string& backend, mcp::CallReply reply) {
  if (!reply) {
    mcp::CallError& error = reply.error();
    if (error.rpc) {
      return std::unexpected(call::CallError{error.error.code, std::move(error.rpc->message),
                                             call::FailureStage::kBackendCall, error.rpc->code,
                                             std::move(error.rpc->data)});
    }
    return call::call_fail(error.error.code, stage_of(error.error.code),
                           "backend '" + backend + "': " + error.error.message);
  }
  const auto members = json::split_object(*reply);  // the client has checked the whole message
  if (!members) {
    return call::call_fail(
        ErrorCode::kProtocol, call::FailureStage::kDecodeResponse,
        "backend '" + backend + "': its result is not a JSON object: " + members.error().message);
  }
  const bool is_error = json::find_member(*members, "isError") == "true";
  return call::CallResult{std::move(*reply), is_error};
}

// Brings a backend's messages to the loop of the call that they belong to; there already, they are
// taken at once, so that the last one cannot arrive after the result. The call may end first:
// `alive` dies with it, on that same loop.
auto bring_home(call::MessageSink* sink, Executor home, std::weak_ptr<int> alive) {
  return [sink, home, alive](std::string_view method, std::string_view params) {
    asio::dispatch(home, [sink, alive, method = std::string(method), params = std::string(params)] {
      if (alive.lock()) sink->notify(method, params);
    });
  };
}

void enter(execlog::ApiCallTimer& timer, const mcp::CallOptions::Facts& facts,
           const call::CallReply& reply) {
  auto& entry = timer.details<execlog::McpCall>();
  entry.request_bytes = static_cast<std::int64_t>(facts.request_bytes);
  entry.response_bytes = static_cast<std::int64_t>(facts.response_bytes);
  entry.backend_request_id = facts.request_id;
  timer.call.request_id = facts.request_id;
  timer.call.attempts = facts.attempts;
  if (facts.http_status != 0) timer.call.http_status = facts.http_status;
  if (reply) {
    entry.is_error = reply->is_error;
    timer.finish(reply->is_error ? execlog::ApiStatus::kFailed : execlog::ApiStatus::kSuccess);
    return;
  }
  timer.call.error = reply.error().message;
  timer.call.error_code = to_string(reply.error().code);
  if (reply.error().rpc_code != 0) entry.jsonrpc_code = reply.error().rpc_code;
  timer.finish(api_status(reply.error().code));
}

}  // namespace

Backend::Backend(net::Loops& loops, std::vector<std::unique_ptr<net::HttpClient>>& http,
                 std::size_t home, const config::Backend& settings, const config::Limits& limits,
                 BackendHooks hooks)
    : stdio_(settings.transport == config::Transport::kStdio) {
  facts_ = {settings.name, stdio_ ? "stdio" : "streamable-http", settings.url};
  mcp::ClientOptions options;
  options.max_message_bytes = limits.max_response_bytes;
  options.log = [name = settings.name, log = hooks.log](std::string_view line) { log(name, line); };
  options.on_notification = [name = settings.name, changed = hooks.tools_changed](
                                std::string_view method, std::string_view) {
    if (method == "notifications/tools/list_changed") changed(name);
  };
  if (stdio_) {
    seats_.push_back(
        {loops.executor(home),
         mcp::Client::over_stdio(loops.executor(home), process_of(settings), options)});
    return;
  }
  if (settings.oauth.grant != config::OAuthGrant::kNone) {
    credentials_ = std::make_unique<mcp::auth::OAuthCredentials>(loops.executor(0), *http[0],
                                                                 oauth_options(settings));
  }
  mcp::HttpServerAddress address = address_of(settings);
  address.credentials = credentials_.get();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    options.listen = i == 0;  // one client hears of changes; the others would only repeat it
    seats_.push_back(
        {loops.executor(i), mcp::Client::over_http(loops.executor(i), *http[i], address, options)});
  }
}

Backend::~Backend() = default;

Backend::Seat& Backend::seat_here() {
  return seats_[stdio_ ? 0 : net::Loops::here()];
}

Async<Result<std::vector<std::string>>> Backend::list_tools(SteadyClock::time_point deadline) {
  Seat& seat = seats_.front();
  // co_spawn carries the answer, and a cancellation, across loops.
  co_return co_await asio::co_spawn(seat.executor, seat.client->list("tools/list", deadline),
                                    kAwait);
}

void Backend::warm_up() {
  for (Seat& seat : seats_) {
    asio::co_spawn(seat.executor, seat.client->connect(), asio::detached);
  }
}

Async<mcp::CallReply> Backend::send(std::string params, std::string own_name,
                                    mcp::CallOptions options) {
  Seat& seat = seat_here();
  if (seat.executor == co_await asio::this_coro::executor) {
    co_return co_await seat.client->call("tools/call", std::move(params), std::move(own_name),
                                         std::move(options));
  }
  co_return co_await asio::co_spawn(
      seat.executor,
      seat.client->call("tools/call", std::move(params), std::move(own_name), std::move(options)),
      kAwait);
}

Async<call::CallReply> Backend::call(call::CallContext& context, std::string own_name,
                                     std::string_view arguments) {
  mcp::CallOptions::Facts facts;
  mcp::CallOptions options;
  options.deadline = context.deadline;
  options.facts = &facts;
  const auto alive = std::make_shared<int>();
  if (context.messages != nullptr) {
    options.on_notification =
        bring_home(context.messages, co_await asio::this_coro::executor, alive);
  }

  std::optional<execlog::ApiCallTimer> timer;
  if (context.record != nullptr) {
    execlog::ApiCall entry;
    entry.api = "tools/call";
    entry.details = execlog::McpCall{.backend = facts_.name,
                                     .mcp_method = "tools/call",
                                     .tool = own_name,
                                     .transport = facts_.transport};
    entry.span_id = context.trace.span_id_hex();
    timer.emplace(*context.record, std::move(entry));
  }
  options.meta = meta_with_trace(context.meta, context.trace);

  std::string params = call_params(own_name, arguments);
  mcp::CallReply raw = co_await send(std::move(params), std::move(own_name), std::move(options));
  context.backend_revision = std::move(facts.protocol_version);
  call::CallReply reply = to_call_reply(facts_.name, std::move(raw));
  if (timer) enter(*timer, facts, reply);
  co_return reply;
}

Async<void> Backend::close() {
  for (Seat& seat : seats_) co_await asio::co_spawn(seat.executor, seat.client->close(), kAwait);
}

}  // namespace larkspur::gateway
