#include "app/query_executions.h"

#include <array>
#include <charconv>
#include <utility>

#include "app/log/filter.h"
#include "base/on_pool.h"
#include "base/text.h"
#include "call/output.h"
#include "execlog/form/json_form.h"
#include "execlog/form/markdown.h"
#include "execlog/proof/tree.h"
#include "execlog/store/sqlite_reader.h"
#include "json/value.h"

namespace larkspur::app {

namespace {

constexpr std::string_view kName = "query_executions";
// Data and the same data as text share an answer, and JSON in a JSON string grows.
constexpr std::size_t kRoom = 2'800;
constexpr std::size_t kShownError = 160, kMostRows = 20;

constexpr std::string_view kInputSchema =
    R"({"type":"object","properties":{"id":{"type":"string","description":"Show this call with everything that it called; a beginning of its id is enough. Without it, calls are listed."},"tool":{"type":"string","description":"Only calls of this tool."},"backend":{"type":"string","description":"Only calls of this backend or cluster."},"status":{"type":"string","enum":["success","failed","timeout","cancelled","denied","partial","unknown"]},"since":{"type":"string","description":"30m, 2h, 7d ago, or an ISO 8601 time."},"slower_than":{"type":"string","description":"250ms, 2s, 1m."},"text":{"type":"string","description":"Only records with this text."},"script":{"type":"string","description":"Only runs of the script with this hash, or a beginning of it."},"all":{"type":"boolean","description":"The inner calls of scripts, too."},"cursor":{"type":"string","description":"next_cursor of the answer before."}},"additionalProperties":false})";

constexpr std::string_view kOutputProperties =
    R"({"executions":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"tool":{"type":"string"},"status":{"type":"string"},"started":{"type":"string"},"duration_ms":{"type":"integer"},"error":{"type":"string"}},"required":["id","tool","status","started"]}},"next_cursor":{"type":"string","description":"There may be more: ask again with it."},"markdown":{"type":"string","description":"The call that was asked for."}})";

std::shared_ptr<const call::Tool> make_facts() {
  json::Writer out;
  out.begin_object().key("name").string(kName);
  out.key("title").string("What was called, how it went and why it failed");
  out.key("description")
      .string(
          "Looks into the ExecutionLog of this gateway. Lists tool calls, the newest first, or "
          "shows "
          "one call (id) with everything that it called, durations, errors and the stage at which "
          "it "
          "failed. Answers are short; ask on with next_cursor.");
  out.key("inputSchema").raw(kInputSchema);
  out.key("outputSchema").raw(call::output_schema(kOutputProperties));
  out.key("annotations").raw(R"({"readOnlyHint":true,"openWorldHint":false})");
  auto tool = std::make_shared<call::Tool>();
  tool->name = kName;
  tool->source = call::kOwnSource;
  tool->definition = out.end_object().take();
  tool->schema = call::read_schema(tool->definition);
  return tool;
}

call::CallResult failure(std::string_view type, std::string_view message) {
  call::Output output;
  output.error({type, message});
  return output.take();
}

call::CallResult failure(const Error& error) {
  return failure(to_string(error.code), error.message);
}

struct Question {
  std::string id, cursor;
  log::FilterWords words;
};

Result<Question> read_question(std::string_view arguments) {
  const auto document = json::Document::parse(std::string(arguments.empty() ? "{}" : arguments));
  if (!document) return fail(document.error());
  Question question;
  const std::array<std::pair<std::string_view, std::string*>, 9> texts{
      {{"id", &question.id},
       {"cursor", &question.cursor},
       {"tool", &question.words.tool},
       {"backend", &question.words.backend},
       {"status", &question.words.status},
       {"since", &question.words.since},
       {"slower_than", &question.words.slower_than},
       {"text", &question.words.text},
       {"script", &question.words.script}}};
  for (const auto [name, value] : document->root().members()) {
    const auto known =
        std::ranges::find(texts, name, [](const auto& entry) { return entry.first; });
    if (name == "all" && value.is_bool()) {
      question.words.all = value.boolean();
    } else if (known != texts.end() && value.is_string()) {
      *known->second = value.string();
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "arguments." + printable(truncate_utf8(name, 64)) +
                      ": takes id, tool, backend, status, since, slower_than, text, script, cursor "
                      "(strings) and all (true or false)");
    }
  }
  return question;
}

void write_row(json::Writer& out, const execlog::Record& record) {
  out.begin_object().key("id").string(record.tool_call_id).key("tool").string(record.tool_name);
  out.key("status").string(to_string(record.status));
  out.key("started").string(to_iso8601(record.start_time));
  if (record.duration_ms) out.key("duration_ms").integer(*record.duration_ms);
  if (record.error) out.key("error").string(truncate_utf8(*record.error, kShownError));
  out.end_object();
}

call::CallResult list_calls(execlog::Reader& reader, const Question& question,
                            const std::string& principal) {
  auto filter = log::read_filter(question.words, "arguments.");
  if (!filter) return failure(filter.error());
  filter->principal = principal;
  if (!question.cursor.empty()) {
    const char* const end = question.cursor.data() + question.cursor.size();
    const auto read = std::from_chars(question.cursor.data(), end, filter->before_seq);
    if (read.ec != std::errc{} || read.ptr != end || filter->before_seq <= 0) {
      return failure("invalid_argument", "arguments.cursor: is no next_cursor of an answer");
    }
  }
  filter->limit = kMostRows;
  const auto found = reader.list(*filter);
  if (!found) return failure(found.error());
  call::Output output;
  output.data().key("executions").begin_array();
  std::size_t shown = 0;
  for (; shown < found->size(); ++shown) {
    json::Writer row;
    write_row(row, (*found)[shown].record);
    if (output.data().text().size() + row.text().size() > kRoom) break;
    output.data().raw(row.text());
  }
  output.data().end_array();
  if (shown > 0 && (shown < found->size() || shown == kMostRows)) {
    output.data().key("next_cursor").string(std::to_string((*found)[shown - 1].seq));
  }
  return output.take();
}

call::CallResult show_call(execlog::Reader& reader, const std::string& id,
                           const std::string& principal) {
  const auto tree = execlog::load_tree(reader, id);
  if (!tree) return failure(tree.error());
  if (!principal.empty() && (!tree->record.principal || tree->record.principal->id != principal)) {
    return failure("not_found", "no call of yours has an id that begins so");
  }
  const std::string markdown = execlog::render_markdown(*tree, kRoom);
  call::Output output;
  output.data().key("markdown").string(markdown);
  output.text(markdown);
  return output.take();
}

}  // namespace

QueryExecutions::QueryExecutions(std::string directory, config::LogTool whose)
    : directory_(std::move(directory)), whose_(whose), facts_(make_facts()) {}

QueryExecutions::~QueryExecutions() {
  reader_.join();
}

Async<call::CallReply> QueryExecutions::call(call::CallContext& context, std::string_view,
                                             std::string_view arguments) {
  const auto question = read_question(arguments);
  if (!question) co_return failure(question.error());
  const std::string principal =
      whose_ == config::LogTool::kOwn ? context.caller.principal : std::string();
  co_return co_await on_pool(reader_, [&]() -> call::CallReply {
    execlog::SqliteReader reader(directory_);
    return question->id.empty() ? list_calls(reader, *question, principal)
                                : show_call(reader, question->id, principal);
  });
}

}  // namespace larkspur::app
