#include "codemode/script_tool.h"

#include "base/random.h"
#include "codemode/answer.h"
#include "codemode/binding.h"
#include "codemode/description.h"
#include "json/value.h"

namespace larkspur::codemode {

namespace {

// `problem` says what is wrong with the arguments, in words that show the right form.
call::ScriptRequest read_request(std::string_view arguments) {
  call::ScriptRequest request;
  const auto document = json::Document::parse(std::string(arguments.empty() ? "{}" : arguments));
  if (!document) {
    request.problem = "arguments: " + document.error().message;
    return request;
  }
  const json::Value root = document->root();
  const json::Value script = root["script"];
  const json::Value data = root["data"];
  if (!script.is_string()) {
    request.problem =
        R"(arguments.script: needs the Starlark source, a string: {"script": "return 1 + 1"})";
  } else if (data.exists() && !data.is_null() && !data.is_object()) {
    request.problem =
        R"(arguments.data: must be an object, each key a variable: {"data": {"repo": "x/y"}})";
  }
  for (const auto [name, value] : root.members()) {
    if (name != "script" && name != "data" && request.problem.empty()) {
      request.problem =
          "arguments." + std::string(name) + ": execute_tool_script takes script and data only";
    }
  }
  request.source = script.string();
  request.data = data.is_object() ? std::string(data.raw()) : "";
  request.hash = "sha256:" + sha256_hex(request.source);
  return request;
}

call::ScriptFacts facts_of(call::ScriptRequest& request, const call::ScriptOutcome& outcome) {
  call::ScriptFacts facts;
  facts.hash = request.hash;
  facts.steps = outcome.steps;
  facts.tool_count = static_cast<std::uint32_t>(outcome.calls.size());
  facts.parallel_used = outcome.parallel_calls > 0;
  facts.calls_saved = outcome.calls_saved();
  facts.bytes_kept = outcome.bytes_kept();
  facts.error_type = call::script_error_type(outcome.end);
  facts.error = outcome.error;
  facts.compiled =
      outcome.end != call::ScriptEnd::kSyntax && outcome.end != call::ScriptEnd::kInvalidArguments;
  facts.data = std::move(request.data);
  facts.limits = outcome.limits;
  facts.tools = outcome.tools;
  return facts;
}

}  // namespace

call::ToolList ScriptTool::list(const call::Caller& caller, call::Audience) {
  auto tool = std::make_shared<call::Tool>();
  tool->name = call::kScriptToolName;
  tool->source = call::kOwnSource;
  tool->definition =
      script_tool_definition(bind_tools(path_.list(caller, call::Audience::kScript)));
  return {std::move(tool)};
}

Async<call::CallReply> ScriptTool::call(call::CallContext& context, std::string_view,
                                        std::string_view arguments) {
  call::ScriptRequest request = read_request(arguments);
  const call::ScriptOutcome outcome = co_await engine_.run(context, request);
  context.script = facts_of(request, outcome);
  if (outcome.end == call::ScriptEnd::kCancelled) {
    co_return call::call_fail(ErrorCode::kCancelled, call::FailureStage::kCancelled, outcome.error);
  }
  co_return answer(outcome);
}

}  // namespace larkspur::codemode
