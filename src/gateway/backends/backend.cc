#include "gateway/backends/backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>

#include "base/text.h"
#include "call/client_input.h"
#include "call/task_holder.h"
#include "execlog/recording.h"
#include "gateway/backends/backend_reply.h"
#include "gateway/backends/backend_task.h"
#include "gateway/clients/input_rounds.h"
#include "gateway/clients/request_meta.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"
#include "mcp/auth/oauth_credentials.h"
#include "mcp/client/incoming.h"
#include "mcp/client/param_headers.h"
#include "mcp/server/logging.h"

namespace larkspur::gateway {

namespace {

mcp::HttpServerAddress address_of(const config::Backend& settings) {
  mcp::HttpServerAddress address;
  address.url = *net::Url::parse(settings.url);  // config has checked it
  address.sse = settings.transport == config::Transport::kSse;
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

std::string_view name_of(config::Transport transport) {
  switch (transport) {
    case config::Transport::kStdio:
      return "stdio";
    case config::Transport::kSse:
      return "sse";
    case config::Transport::kStreamableHttp:
      break;
  }
  return "streamable-http";
}

// `ttl`: how long the task may take where a legacy server is to make one of the call; 0: it is not.
std::string call_params(std::string_view own_name, std::string_view arguments,
                        std::chrono::milliseconds ttl) {
  json::Writer writer;
  writer.begin_object().key("name").string(own_name);
  if (!arguments.empty()) writer.key("arguments").raw(arguments);
  if (ttl.count() > 0)
    writer.key("task").begin_object().key("ttl").integer(ttl.count()).end_object();
  writer.end_object();
  return writer.take();
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

// Answers what a backend asks for in the course of a call, on the call's own loop.
auto ask_at_home(std::shared_ptr<call::ClientInput> input, Executor home) {
  return [input, home](std::string method, std::string params) {
    const auto ask = [](std::shared_ptr<call::ClientInput> whom, std::string what,
                        std::string with) -> Async<mcp::RpcResult> {
      call::InputReply reply = co_await whom->ask(std::move(what), std::move(with));
      if (reply) co_return *std::move(reply);
      const call::CallError& error = reply.error();
      co_return mcp::rpc_fail(error.rpc_code != 0 ? error.rpc_code : mcp::rpc::kInternalError,
                              error.message, error.rpc_data);
    };
    const auto hop = [](Executor there, Async<mcp::RpcResult> work) -> Async<mcp::RpcResult> {
      co_return co_await asio::co_spawn(there, std::move(work), kAwait);
    };
    return hop(home, ask(input, std::move(method), std::move(params)));
  };
}

// What initialize tells legacy backends: that whatever a client of ours can do, they may ask for.
// Whether the client of one call can is answered when they do.
constexpr std::string_view kClientCapabilities =
    R"({"roots":{},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}}})";

bool has_capability(const mcp::ServerFacts* facts, std::string_view name) {
  if (facts == nullptr) return false;
  const auto document = json::Document::parse(facts->capabilities);
  return document && document->root()[name].is_object();
}

TaskOffer task_offer(const mcp::ServerFacts* facts) {
  const auto document = json::Document::parse(facts == nullptr ? "{}" : facts->capabilities);
  if (!document) return TaskOffer::kNone;
  const json::Value root = document->root();
  if (facts != nullptr && facts->era == mcp::Era::kModern) {
    return root["extensions"][kTasksExtension].is_object() ? TaskOffer::kModern : TaskOffer::kNone;
  }
  return root["tasks"]["requests"]["tools"]["call"].is_object() ? TaskOffer::kLegacy
                                                                : TaskOffer::kNone;
}

// Whether a task is an answer to this call. Who cannot hold one waits for it, where the tool knows
// no other way; but legacy clients know of that themselves and are told the backend's own words.
bool runs_as_task(const call::CallContext& context) {
  if (!context.tool) return false;
  if (context.task != nullptr) return context.tool->tasks != call::TaskSupport::kNone;
  const bool can_tell = context.parent == nullptr && !context.relays_input;
  return context.tool->tasks == call::TaskSupport::kRequired && !can_tell;
}

// How long a task of this call may take at a legacy server; 0 where it makes none of it.
std::chrono::milliseconds task_ttl(const call::CallContext& context) {
  if (!runs_as_task(context) || context.tool->tasks == call::TaskSupport::kServerDecides) return {};
  if (context.task != nullptr) return context.task->ttl();
  const auto left = context.deadline - SteadyClock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1));
}

// A modern server that works on this tool in tasks only, and was not told that we take them.
bool wants_task(const call::CallError& error) {
  if (error.rpc_code != mcp::rpc::kMissingClientCapability) return false;
  const auto data = json::Document::parse(error.rpc_data);
  return data && data->root()["requiredCapabilities"]["extensions"][kTasksExtension].is_object();
}

// Whether `level` lets through more than `than` ("" lets through nothing).
bool more_verbose(std::string_view level, std::string_view than) {
  const auto wanted = mcp::server::log_severity(level);
  const auto now = mcp::server::log_severity(than);
  return wanted && (!now || *wanted < *now);
}

// Whose connection a call takes; "" for callers that nobody knows.
std::string owner_of(const call::Caller& caller) {
  if (caller.principal == call::Caller().principal) return {};
  return caller.issuer + '\n' + caller.principal;
}

// A legacy backend wants its user to open a page before it does anything. A legacy client knows
// that error and gets it as it is; for the others it is a question like any other.
bool wants_pages_opened(const call::CallContext& context, const call::CallError& error) {
  constexpr int kUrlElicitationRequired = -32042;
  return error.rpc_code == kUrlElicitationRequired && context.input &&
         (context.relays_input || context.parent != nullptr);
}

// Whether the result of a legacy backend may have a resultType that means something to us.
bool says_result_type(const std::string& result) {
  return result.contains(R"("resultType")") &&
         (result.contains(R"("input_required")") || result.contains(R"("task")"));
}

call::CallReply bad_input(const std::string& backend, std::string problem) {
  return call::call_fail(ErrorCode::kProtocol, call::FailureStage::kDecodeResponse,
                         "backend '" + backend + "': " + std::move(problem));
}

}  // namespace

Backend::Backend(net::Loops& loops, std::vector<std::unique_ptr<net::HttpClient>>& http,
                 std::size_t home, const config::Backend& settings, const config::Limits& limits,
                 const StateSeal& seal, BackendHooks hooks)
    : stdio_(settings.transport == config::Transport::kStdio), seal_(seal), log_(hooks.log) {
  facts_ = {settings.name, std::string(name_of(settings.transport)), settings.url};
  mcp::ClientOptions options;
  options.max_message_bytes = limits.max_response_bytes;
  options.capabilities = kClientCapabilities;
  options.log = [name = settings.name, log = hooks.log](std::string_view line) { log(name, line); };
  options.on_notification = [name = settings.name, hooks](std::string_view method,
                                                          std::string_view params) {
    if (method.ends_with("/list_changed")) hooks.changed(name);
    if (method == "notifications/resources/updated") hooks.resource_updated(name, params);
  };
  SeatOptions seats{.for_everybody = settings.shared_connection, .stateless_if_modern = !stdio_};
  if (stdio_) {
    seats.dial = [executor = loops.executor(home), process = process_of(settings),
                  options](bool shared) {
      mcp::ClientOptions how = options;
      how.listen = shared;
      return mcp::Client::over_stdio(executor, process, std::move(how));
    };
    seats_.push_back(std::make_unique<BackendSeats>(loops.executor(home), std::move(seats)));
    return;
  }
  if (settings.oauth.grant != config::OAuthGrant::kNone) {
    credentials_ = std::make_unique<mcp::auth::OAuthCredentials>(loops.executor(0), *http[0],
                                                                 oauth_options(settings));
  }
  mcp::HttpServerAddress address = address_of(settings);
  address.credentials = credentials_.get();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    seats.dial = [executor = loops.executor(i), &client = *http[i], address, options,
                  first = i == 0](bool shared) {
      mcp::ClientOptions how = options;
      how.listen = first && shared;  // one client hears of changes; the others would repeat it
      return mcp::Client::over_http(executor, client, address, std::move(how));
    };
    seats_.push_back(std::make_unique<BackendSeats>(loops.executor(i), seats));
  }
}

Backend::~Backend() = default;

BackendSeats& Backend::seats_here() {
  return *seats_[stdio_ ? 0 : net::Loops::here()];
}

Async<Result<BackendOffer>> Backend::list_offer(SteadyClock::time_point deadline) {
  BackendSeats& seats = *seats_.front();
  // co_spawn carries the answer, and a cancellation, across loops.
  co_return co_await asio::co_spawn(seats.executor(), list_here(*seats.shared().client, deadline),
                                    kAwait);
}

// A backend without tools may refuse to list them. Prompts and resources that cannot be listed are
// reported and left out: its tools work all the same.
Async<Result<BackendOffer>> Backend::list_here(mcp::Client& client,
                                               SteadyClock::time_point deadline) {
  const auto connected = co_await client.connect();
  if (!connected) co_return fail(connected.error());
  BackendOffer offer;
  offer.backend = facts_.name;
  auto tools = co_await client.list("tools/list", deadline);
  if (!tools && has_capability(client.facts(), "tools")) co_return fail(tools.error());
  if (tools) offer.tools = *std::move(tools);
  offer.tasks = task_offer(client.facts());
  if (client.facts() != nullptr) offer.instructions = client.facts()->instructions;
  // Over HTTP, a tool whose header annotations break the rules must not be used.
  if (!stdio_ && client.facts() != nullptr && client.facts()->era == mcp::Era::kModern) {
    std::erase_if(offer.tools, [this](const std::string& tool) {
      const auto headers = mcp::read_param_headers(tool);
      if (!headers) log_(facts_.name, "left out a tool: " + headers.error().message);
      return !headers;
    });
  }

  struct List {
    std::string_view capability;
    std::string_view method;
    std::vector<std::string> BackendOffer::* items;
  };
  static constexpr List kLists[] = {
      {"prompts", "prompts/list", &BackendOffer::prompts},
      {"resources", "resources/list", &BackendOffer::resources},
      {"resources", "resources/templates/list", &BackendOffer::templates}};
  for (const List& list : kLists) {
    if (!has_capability(client.facts(), list.capability)) continue;
    auto items = co_await client.list(std::string(list.method), deadline);
    if (items) {
      offer.*list.items = *std::move(items);
    } else {
      log_(facts_.name, items.error().message);
    }
  }
  co_return offer;
}

void Backend::warm_up() {
  for (const auto& seats : seats_) {
    asio::co_spawn(seats->executor(), seats->shared().client->connect(), asio::detached);
  }
}

void Backend::watch(std::set<std::string> uris) {
  BackendSeats& seats = *seats_.front();
  asio::dispatch(seats.executor(), [&seats, uris = std::move(uris)]() mutable {
    seats.shared().client->watch(std::move(uris));
  });
}

Async<call::CallReply> Backend::call(call::CallContext& context, std::string own_name,
                                     std::string_view arguments) {
  Request request{
      "tools/call", call_params(own_name, arguments, task_ttl(context)), own_name, own_name, {}};
  request.as_task = runs_as_task(context);
  if (!stdio_ && context.tool) {
    const auto wanted = mcp::read_param_headers(context.tool->definition);
    if (wanted) request.headers = mcp::param_headers(*wanted, arguments);
  }
  return perform(context, std::move(request));
}

Async<call::CallReply> Backend::fetch(call::CallContext& context, std::string method,
                                      std::string params, std::string name) {
  return perform(context, Request{std::move(method), std::move(params), std::move(name), {}, {}});
}

// What a sealed requestState is good for: this principal's same request to this backend.
std::string Backend::binding(const call::CallContext& context, const Request& request) const {
  const call::Caller& caller = context.caller;
  return "backend\n" + facts_.name + '\n' + request.method + '\n' + request.name + '\n' +
         caller.issuer + '\n' + caller.principal;
}

Async<call::CallReply> Backend::perform(call::CallContext& context, Request request) {
  std::string responses = context.relays_input ? context.input_responses : std::string();
  std::optional<std::string> state;
  if (context.relays_input && !context.request_state.empty()) {
    state = seal_.open(context.request_state, binding(context, request));
    if (!state) co_return refused_state();
  }
  for (int rounds = 0; rounds < kMaxInputRounds; ++rounds) {
    const bool first = responses.empty() && !state;
    Answer answer = Answer::kResult;
    call::CallReply reply = co_await round(
        context, request, first ? request.params : with_input(request.params, responses, state),
        answer);
    if (!reply && !context.relays_input && !request.as_task && wants_task(reply.error())) {
      request.as_task = true;  // somebody who cannot hold it waits for it
      continue;
    }
    if (!reply && wants_pages_opened(context, reply.error())) {
      auto pages = read_url_elicitations(reply.error().rpc_data);
      if (pages.empty()) co_return bad_input(facts_.name, "it needs pages opened, but names none");
      const auto opened = co_await answer_all(context.input, std::move(pages));
      if (!opened) co_return std::unexpected(opened.error());
      if (!all_accepted(*opened)) {
        co_return call::error_result("backend '" + facts_.name +
                                     "' needs its user to open a page first, who did not want to");
      }
      continue;
    }
    if (!reply || answer == Answer::kResult) co_return reply;
    if (answer == Answer::kTask)
      co_return co_await follow(context, request, std::move(reply->json));
    auto asked = read_input_required(reply->json);
    if (!asked) co_return bad_input(facts_.name, asked.error().message);
    if (context.relays_input) {
      if (asked->state) {
        reply->json = with_state(reply->json, seal_.seal(*asked->state, binding(context, request)));
      }
      co_return reply;
    }
    if (!context.input) co_return bad_input(facts_.name, "it needs input, and nobody can be asked");
    auto answers = co_await answer_all(context.input, std::move(asked->questions));
    if (!answers) co_return std::unexpected(std::move(answers.error()));
    responses = *std::move(answers);
    state = std::move(asked->state);
  }
  co_return bad_input(facts_.name, "it needed input more than " + std::to_string(kMaxInputRounds) +
                                       " times for one call");
}

Async<call::CallReply> Backend::round(call::CallContext& context, const Request& request,
                                      std::string params, Answer& answer) {
  const Executor home = co_await asio::this_coro::executor;
  mcp::CallOptions::Facts facts;
  mcp::CallOptions options;
  const SteadyClock::time_point deadline = request.deadline.value_or(context.deadline);
  options.deadline = context.input ? context.input->until(deadline) : deadline;
  options.facts = &facts;
  options.takes_input_required = true;
  options.takes_task = request.as_task;
  options.log_level = context.log_level;
  options.headers = request.headers;
  options.on_behalf_of = context.caller.session_id.empty()
                             ? context.caller.issuer + '\n' + context.caller.principal
                             : context.caller.session_id;
  const auto alive = std::make_shared<int>();
  if (context.messages != nullptr) {
    options.on_notification = bring_home(context.messages, home, alive);
    options.wants_progress = context.wants_progress;
  }
  if (context.input) {
    options.client_capabilities = context.input->capabilities();
    options.on_request = ask_at_home(context.input, home);
  }
  if (request.as_task) {
    options.client_capabilities = with_tasks_extension(options.client_capabilities);
  }

  std::optional<execlog::ApiCallTimer> timer;
  if (context.record != nullptr && request.recorded) {
    execlog::ApiCall entry;
    entry.api = request.method;
    entry.details = execlog::McpCall{.backend = facts_.name,
                                     .mcp_method = request.method,
                                     .tool = request.tool,
                                     .transport = facts_.transport};
    entry.span_id = context.trace.span_id_digits();
    timer.emplace(*context.record, std::move(entry));
  }
  options.meta = meta_with_trace(context.meta, context.trace);

  mcp::CallReply raw = co_await send(owner_of(context.caller), request, std::move(params),
                                     context.log_level, std::move(options));
  context.backend_revision = std::move(facts.protocol_version);
  if (facts.input_required) answer = Answer::kInputRequired;
  if (facts.task) answer = Answer::kTask;
  call::CallReply reply = to_call_reply(facts_.name, std::move(raw));
  if (reply && context.backend_revision < mcp::kModernVersion) {
    if (request.as_task && read_created_task(reply->json)) answer = Answer::kTask;
    // To a legacy backend it is a member like any other; to our client it would be ours.
    if (says_result_type(reply->json)) reply->json = mcp::without_member(reply->json, "resultType");
  }
  if (timer) enter(*timer, facts, reply);
  co_return reply;
}

Async<mcp::CallReply> Backend::send(std::string owner, const Request& request, std::string params,
                                    std::string level, mcp::CallOptions options) {
  struct InFlight {
    std::atomic<std::size_t>& count;
    explicit InFlight(std::atomic<std::size_t>& of) : count(of) { ++count; }
    ~InFlight() { --count; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
  };
  const InFlight counted(in_flight_);
  BackendSeats& seats = seats_here();
  if (seats.executor() == co_await asio::this_coro::executor) {
    co_return co_await send_from(seats, std::move(owner), request, std::move(params),
                                 std::move(level), std::move(options));
  }
  co_return co_await asio::co_spawn(seats.executor(),
                                    send_from(seats, std::move(owner), request, std::move(params),
                                              std::move(level), std::move(options)),
                                    kAwait);
}

// A legacy backend has one log level for all of its connection: the most verbose that anybody
// wanted. Every client gets what it asked for out of that.
Async<mcp::CallReply> Backend::send_from(BackendSeats& seats, std::string owner,
                                         const Request& request, std::string params,
                                         std::string level, mcp::CallOptions options) {
  const auto taken = co_await seats.take(std::move(owner));
  if (!taken) co_return std::unexpected(mcp::CallError{taken.error(), std::nullopt});
  Seat& seat = **taken;
  if (!level.empty()) {
    if (seat.client->facts() == nullptr) co_await seat.client->connect();
    const mcp::ServerFacts* facts = seat.client->facts();
    if (facts != seat.told) seat.level.clear();
    seat.told = facts;
    if (facts != nullptr && facts->era == mcp::Era::kLegacy && more_verbose(level, seat.level) &&
        has_capability(facts, "logging")) {
      seat.level = level;
      co_await seat.client->call("logging/setLevel", R"({"level":")" + level + R"("})", {},
                                 {.deadline = options.deadline});
    }
  }
  co_return co_await seat.client->call(request.method, std::move(params), request.name,
                                       std::move(options));
}

Async<void> Backend::close() {
  for (const auto& seats : seats_) {
    co_await asio::co_spawn(seats->executor(), seats->close(), kAwait);
  }
}

}  // namespace larkspur::gateway
