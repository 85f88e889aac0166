#include "gateway/clients/protocol_handler.h"

#include <set>

#include "base/text.h"
#include "gateway/catalog/tool_definition.h"
#include "gateway/clients/legacy_output.h"
#include "gateway/clients/message_queue.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

constexpr std::size_t kMaxInstructions = 32 * 1024;  // of all backends together

// A legacy client is asked on the stream of its request's answer.
class LegacyInput final : public call::ClientInput {
 public:
  LegacyInput(mcp::RequestChannel& channel, std::string_view capabilities)
      : ClientInput(capabilities), channel_(&channel) {}

  // The request has ended; the channel ends what was asked on it.
  void close() { channel_ = nullptr; }

 private:
  Async<call::InputReply> send(std::string method, std::string params) override {
    mcp::RpcResult result = mcp::rpc_fail(mcp::rpc::kInternalError, "the call has ended");
    if (channel_ != nullptr) result = co_await channel_->request(std::move(method), params);
    if (result) co_return *std::move(result);
    mcp::RpcError& error = result.error();
    co_return std::unexpected(call::CallError{ErrorCode::kInvalidArgument, std::move(error.message),
                                              call::FailureStage::kBackendCall, error.code,
                                              std::move(error.data)});
  }

  mcp::RequestChannel* channel_;
};

struct CloseInput {
  LegacyInput& input;
  ~CloseInput() { input.close(); }
};

// Everything of a request that a call uses which may outlive it.
struct OwnedRequest {
  mcp::RequestInfo info;
  std::string method;
  json::Document params;
};

Async<mcp::RpcResult> perform_owned(const CallDoors& doors, std::shared_ptr<OwnedRequest> owned,
                                    std::shared_ptr<call::ClientInput> input,
                                    call::MessageSink& messages, call::TaskHolder* task) {
  const json::Value params = owned->params.root();
  co_return co_await perform(doors, {owned->info, owned->method, params, params["_meta"]},
                             &messages, std::move(input), task);
}

std::expected<std::shared_ptr<OwnedRequest>, mcp::RpcError> own(const mcp::Request& request) {
  auto params = json::Document::parse(std::string(request.params.raw()));
  if (!params) return mcp::rpc_fail(mcp::rpc::kInvalidParams, params.error().message);
  return std::make_shared<OwnedRequest>(request.info, std::string(request.method),
                                        *std::move(params));
}

// Everything is on the first page, so no cursor is ever handed out.
std::optional<mcp::RpcError> refuse_cursor(const mcp::Request& request) {
  if (!request.params["cursor"].exists()) return std::nullopt;
  return mcp::RpcError{mcp::rpc::kInvalidParams,
                       "params.cursor: this cursor was not given by " + std::string(request.method),
                       {}};
}

}  // namespace

std::string ProtocolHandler::instructions(const mcp::Identity& who) const {
  std::string all = identity_.instructions;
  const auto catalog = board_.current();
  if (catalog->instructions().empty()) return all;
  call::Caller caller;
  caller.principal = who.principal;
  caller.issuer = who.issuer;
  caller.scopes = who.scopes;
  std::set<std::string> sources;  // not views: some lists are made for this call alone
  for (const call::Audience audience : {call::Audience::kClient, call::Audience::kScript}) {
    for (const auto& tool : doors_.tools.list(caller, audience)) sources.insert(tool->source);
  }
  using call::ContentKind;
  for (const ContentKind kind :
       {ContentKind::kPrompt, ContentKind::kResource, ContentKind::kTemplate}) {
    for (const auto& content : doors_.routes.list(caller, kind)) sources.insert(content->source);
  }
  for (const Catalog::Instructions& each : catalog->instructions()) {
    if (!sources.contains(each.backend)) continue;
    if (all.size() + each.text.size() > kMaxInstructions) break;
    if (!all.empty()) all += "\n\n";
    all += "# Of the server '" + each.backend + "'\n\n" + each.text;
  }
  return all;
}

Async<mcp::RpcResult> ProtocolHandler::handle(const mcp::Request& request) {
  const std::string_view method = request.method;
  if (is_call(method)) return call(request);
  if (method.starts_with("tasks/")) return tasks_.handle(request);
  const auto at_once = [](mcp::RpcResult result) -> Async<mcp::RpcResult> { co_return result; };
  using call::ContentKind;
  if (method == "tools/list") return at_once(list_tools(request));
  if (method == "prompts/list") {
    return at_once(list_content(request, ContentKind::kPrompt, "prompts"));
  }
  if (method == "resources/list") {
    return at_once(list_content(request, ContentKind::kResource, "resources"));
  }
  if (method == "resources/templates/list") {
    return at_once(list_content(request, ContentKind::kTemplate, "resourceTemplates"));
  }
  if (method == "resources/subscribe" || method == "resources/unsubscribe") {
    return at_once(subscribe(request));
  }
  return at_once(
      mcp::rpc_fail(mcp::rpc::kMethodNotFound,
                    "Method not found: '" + printable(truncate_utf8(method, 128)) + "'"));
}

std::shared_ptr<const std::vector<mcp::ParamHeader>> ProtocolHandler::param_headers(
    const mcp::Identity& who, std::string_view tool) {
  return doors_.finder.param_headers(who, tool);
}

mcp::RpcResult ProtocolHandler::list_tools(const mcp::Request& request) {
  if (auto error = refuse_cursor(request)) return std::unexpected(*std::move(error));
  json::Writer writer;
  writer.begin_object().key("tools").begin_array();
  for (const auto& tool : doors_.tools.list(caller_of(request.info), call::Audience::kClient)) {
    if (doors_.log_in_result.changes(*tool)) {
      writer.raw(doors_.log_in_result.definition(*tool));
    } else if (tool->tasks != call::TaskSupport::kNone && request.info.era == mcp::Era::kModern) {
      writer.raw(without_task_support(tool->definition));
    } else if (!tool->object_output && request.info.era == mcp::Era::kLegacy) {
      writer.raw(with_object_schema(tool->definition));
    } else {
      writer.raw(tool->definition);
    }
  }
  writer.end_array().end_object();
  return writer.take();
}

mcp::RpcResult ProtocolHandler::list_content(const mcp::Request& request, call::ContentKind kind,
                                             std::string_view member) {
  if (auto error = refuse_cursor(request)) return std::unexpected(*std::move(error));
  json::Writer writer;
  writer.begin_object().key(member).begin_array();
  for (const auto& each : doors_.routes.list(caller_of(request.info), kind)) {
    writer.raw(each->definition);
  }
  writer.end_array().end_object();
  return writer.take();
}

mcp::RpcResult ProtocolHandler::subscribe(const mcp::Request& request) {
  const json::Value uri = request.params["uri"];
  if (!uri.is_string()) {
    return mcp::rpc_fail(mcp::rpc::kInvalidParams, "params.uri: must be the resource's URI");
  }
  if (request.method == "resources/unsubscribe") {
    subscriptions_.unsubscribe(request.info.session_id, std::string(uri.string()));
  } else if (!subscriptions_.subscribe(caller_of(request.info), std::string(uri.string()))) {
    const auto unknown = call::unknown_content(call::ContentKind::kResource, uri.string());
    return mcp::rpc_fail(mcp::rpc::kInvalidParams, unknown.error().message,
                         unknown.error().rpc_data);
  }
  return "{}";
}

Async<mcp::RpcResult> ProtocolHandler::call(const mcp::Request& request) {
  MessageQueue messages(co_await asio::this_coro::executor, request.channel);
  mcp::RpcResult result;
  std::exception_ptr cancelled;
  try {
    result = co_await start(request, &messages);
  } catch (...) {
    cancelled = std::current_exception();
  }
  if (messages.busy()) {
    // Whatever happens, what is being sent is sent before the request's own frame goes.
    if (cancelled) messages.drop();
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await messages.finish();
  }
  if (cancelled) std::rethrow_exception(cancelled);
  co_return result;
}

Async<mcp::RpcResult> ProtocolHandler::start(const mcp::Request& request,
                                             call::MessageSink* messages) {
  if (may_become_task(request)) return start_task(request, messages);
  return request.info.era == mcp::Era::kModern ? start_modern(request, messages)
                                               : start_legacy(request, messages);
}

Async<mcp::RpcResult> ProtocolHandler::start_legacy(const mcp::Request& request,
                                                    call::MessageSink* messages) {
  const ClientCall call{request.info, request.method, request.params, request.meta};
  const auto input =
      std::make_shared<LegacyInput>(request.channel, request.info.client_capabilities);
  const CloseInput close{*input};
  co_return co_await perform(doors_, call, messages, input);
}

// A legacy client asks for a task; a modern one says that it takes them, and gets one where the
// backend works in no other way or decides for itself.
bool ProtocolHandler::may_become_task(const mcp::Request& request) const {
  if (request.method != "tools/call") return false;
  if (request.info.era == mcp::Era::kLegacy) return request.params["task"].is_object();
  if (!declares_tasks(request.info.client_capabilities)) return false;
  const auto tool = doors_.finder.find(request.params["name"].string());
  return tool && (tool->tasks == call::TaskSupport::kRequired ||
                  tool->tasks == call::TaskSupport::kServerDecides);
}

Async<mcp::RpcResult> ProtocolHandler::start_task(const mcp::Request& request,
                                                  call::MessageSink* messages) {
  const auto owned = own(request);
  if (!owned) co_return std::unexpected(owned.error());
  Tasks::Work work = [&doors = doors_, owned = *owned](std::shared_ptr<call::ClientInput> asks,
                                                       call::TaskHolder& holder,
                                                       call::MessageSink& to) {
    return perform_owned(doors, owned, std::move(asks), to, &holder);
  };
  co_return co_await tasks_.start(request.info, request.params["task"], std::move(work), messages);
}

// Only a client that can be asked for something needs a call that may outlive its request.
Async<mcp::RpcResult> ProtocolHandler::start_modern(const mcp::Request& request,
                                                    call::MessageSink* messages) {
  const ClientCall call{request.info, request.method, request.params, request.meta};
  auto input = std::make_shared<call::NoInput>(request.info.client_capabilities);
  if (input->capabilities().empty() || request.method == "completion/complete") {
    co_return co_await perform(doors_, call, messages, std::move(input));
  }
  std::string binding = binding_of(request.info, request.method, request.params);
  const json::Value state = request.params["requestState"];
  if (state.is_string()) {
    if (const auto place = parked_.find(state.string(), binding)) {
      co_return co_await parked_.resume(*place, std::string(request.params["inputResponses"].raw()),
                                        messages);
    }
  }
  const auto owned = own(request);
  if (!owned) co_return std::unexpected(owned.error());
  ParkedCalls::Work work = [&doors = doors_, owned = *owned](
                               std::shared_ptr<call::ClientInput> asks, call::MessageSink& to) {
    return perform_owned(doors, owned, std::move(asks), to, nullptr);
  };
  co_return co_await parked_.start(std::move(binding), request.info.client_capabilities,
                                   std::move(work), messages);
}

}  // namespace larkspur::gateway
