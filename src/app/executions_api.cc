#include "app/executions_api.h"

#include <charconv>
#include <map>
#include <optional>

#include "app/log/filter.h"
#include "base/form.h"
#include "base/on_pool.h"
#include "execlog/form/json_form.h"
#include "execlog/form/markdown.h"
#include "execlog/proof/tree.h"
#include "execlog/store/sqlite_reader.h"
#include "execlog/store/statistics.h"
#include "json/writer.h"
#include "mcp/server/origin.h"

namespace larkspur::app {

namespace {

constexpr std::size_t kDefaultPage = 50, kLargestPage = 500;

using Query = std::map<std::string, std::string, std::less<>>;

net::HttpResponse response(int status, std::string body, std::string type = "application/json") {
  return {status,
          {{"Content-Type", std::move(type)},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(body)};
}

net::HttpResponse problem(int status, std::string_view message) {
  json::Writer out;
  out.begin_object().key("error").string(message).end_object();
  return response(status, out.take());
}

net::HttpResponse problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return problem(404, error.message);
    case ErrorCode::kInvalidArgument:
      return problem(400, error.message);
    default:
      return problem(500, error.message);
  }
}

Query query_of(std::string_view target) {
  Query query;
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    query[form_decode(pair.substr(0, equals))] =
        equals == pair.size() ? "" : form_decode(pair.substr(equals + 1));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return query;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != end || value < 0) return std::nullopt;
  return value;
}

// The filter that a query asks for; its names are those of the command line, with _ for -.
Result<execlog::Filter> filter_of(const Query& query) {
  log::FilterWords words;
  const std::map<std::string_view, std::string*> texts = {
      {"tool", &words.tool},           {"backend", &words.backend},
      {"principal", &words.principal}, {"session", &words.session},
      {"script", &words.script},       {"text", &words.text},
      {"status", &words.status},       {"since", &words.since},
      {"until", &words.until},         {"slower_than", &words.slower_than}};
  std::size_t limit = kDefaultPage;
  std::int64_t before = 0;
  for (const auto& [name, value] : query) {
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = value;
    } else if (name == "all" && (value == "true" || value == "false")) {
      words.all = value == "true";
    } else if (const auto number = whole_number(value);
               name == "limit" && number && *number >= 1 &&
               *number <= static_cast<std::int64_t>(kLargestPage)) {
      limit = static_cast<std::size_t>(*number);
    } else if (name == "cursor" && number && *number > 0) {
      before = *number;
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "'" + name + "=" + value +
                      "': the parameters are tool, backend, principal, session, script, text, "
                      "status, since, until, slower_than, all (true, false), limit (1 to 500) and "
                      "cursor (next_cursor of the page before)");
    }
  }
  auto filter = log::read_filter(words, "");
  if (filter) {
    filter->limit = limit;
    filter->before_seq = before;
  }
  return filter;
}

net::HttpResponse list(execlog::Reader& reader, const Query& query) {
  const auto filter = filter_of(query);
  if (!filter) return problem(filter.error());
  json::Writer out;
  out.begin_object().key("executions").begin_array();
  std::size_t count = 0;
  std::int64_t last = 0;
  const auto done = reader.each(*filter, [&](std::int64_t seq, std::string_view record) {
    out.raw(record);
    last = seq;
    return ++count < filter->limit;
  });
  if (!done) return problem(done.error());
  out.end_array();
  // A full page may be the last one, too; then the next is empty.
  if (count == filter->limit) out.key("next_cursor").string(std::to_string(last));
  return response(200, out.end_object().take());
}

net::HttpResponse stats(execlog::Reader& reader, Query query) {
  query.try_emplace("all", "true");
  const auto filter = filter_of(query);
  if (!filter) return problem(filter.error());
  const auto statistics = execlog::statistics(reader, *filter);
  if (!statistics) return problem(statistics.error());
  return response(200, execlog::to_json(*statistics));
}

net::HttpResponse show(execlog::Reader& reader, std::string_view id, const Query& query) {
  const auto tree = execlog::load_tree(reader, id);
  if (!tree) return problem(tree.error());
  const auto format = query.find("format");
  if (format == query.end() || format->second == "json") {
    return response(200, execlog::tree_json(*tree));
  }
  if (format->second == "markdown") {
    return response(200, execlog::render_markdown(*tree), "text/markdown; charset=utf-8");
  }
  return problem(400, "format: is json or markdown");
}

// Only what the record itself names, so that a digest alone opens nothing.
net::HttpResponse blob(execlog::Reader& reader, std::string_view id, std::string_view digest) {
  const auto found = reader.find(id);
  if (!found) return problem(found.error());
  const execlog::Record& record = found->record;
  const bool named = digest == record.request.arguments_blob || digest == record.result.blob ||
                     (record.script && digest == record.script->tools_digest);
  if (!named || digest.empty()) return problem(404, "the record has no such text");
  auto bytes = reader.blob(digest);
  if (!bytes) return problem(bytes.error());
  return response(200, std::move(*bytes));
}

net::HttpResponse read(const std::string& directory, const std::string& target) {
  execlog::SqliteReader reader(directory);
  const Query query = query_of(target);
  std::string_view rest = std::string_view(target).substr(0, target.find('?'));
  rest.remove_prefix(ExecutionsApi::kPath.size());
  if (rest.empty() || rest == "/") return list(reader, query);
  rest.remove_prefix(1);
  if (rest == "stats") return stats(reader, query);
  const std::size_t slash = rest.find('/');
  const std::string id = form_decode(rest.substr(0, slash));
  if (slash == std::string_view::npos) return show(reader, id, query);
  constexpr std::string_view kBlobs = "blobs/";
  const std::string_view below = rest.substr(slash + 1);
  if (below.starts_with(kBlobs)) return blob(reader, id, form_decode(below.substr(kBlobs.size())));
  return problem(404, "there is list, stats, {id} and {id}/blobs/{digest}");
}

bool is_of_this_machine(std::string_view peer) {
  return peer.starts_with("127.") || peer.starts_with("[::1]") || peer.starts_with("::1");
}

}  // namespace

ExecutionsApi::ExecutionsApi(std::string directory, config::LogApi who,
                             mcp::HttpEndpointOptions guard)
    : directory_(std::move(directory)), who_(who), guard_(std::move(guard)) {}

ExecutionsApi::~ExecutionsApi() {
  reader_.join();
}

Async<net::HttpResponse> ExecutionsApi::answer(const net::HttpRequest& request) {
  if (const auto refused = mcp::server::refuse_origin(request.headers, guard_)) {
    co_return problem(403, *refused);
  }
  if (who_ == config::LogApi::kLoopback && !is_of_this_machine(request.peer)) {
    co_return problem(403,
                      "the execution log is served to this machine only (executionLog.httpApi)");
  }
  if (request.method != "GET") {
    net::HttpResponse refused = problem(405, "the execution log is read-only");
    refused.headers.add("Allow", "GET");
    co_return refused;
  }
  co_return co_await on_pool(reader_,
                             [this, &request] { return read(directory_, request.target); });
}

}  // namespace larkspur::app
