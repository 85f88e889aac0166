#include "gateway/backends/backend_task.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "json/scan.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::gateway {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDefaultPoll{1'000};
constexpr milliseconds kMinPoll{50};
constexpr milliseconds kMaxPoll{60'000};
constexpr std::size_t kMaxMessage = 4 * 1024;

constexpr std::array<std::string_view, 5> kStatuses = {"working", "input_required", "completed",
                                                       "failed", "cancelled"};

std::optional<BackendTaskState> read(const json::Value& task) {
  const auto status = std::ranges::find(kStatuses, task["status"].string());
  if (task["taskId"].string().empty() || status == kStatuses.end()) return std::nullopt;
  BackendTaskState state;
  state.id = task["taskId"].string();
  state.status = static_cast<TaskStatus>(status - kStatuses.begin());
  state.news.message = truncate_utf8(task["statusMessage"].string(), kMaxMessage);
  const json::Value poll =
      task["pollIntervalMs"].exists() ? task["pollIntervalMs"] : task["pollInterval"];
  const auto wanted = poll.integer();
  state.news.poll_interval =
      wanted ? std::clamp(milliseconds(*wanted), kMinPoll, kMaxPoll) : kDefaultPoll;
  return state;
}

}  // namespace

std::string_view to_string(TaskStatus status) {
  return kStatuses[static_cast<std::size_t>(status)];
}

std::optional<BackendTaskState> read_created_task(std::string_view result) {
  if (!result.contains("\"taskId\"")) return std::nullopt;
  const auto document = json::Document::parse(std::string(result));
  if (!document) return std::nullopt;
  const json::Value root = document->root();
  return read(root["task"].is_object() ? root["task"] : root);
}

std::optional<BackendTaskState> read_task(std::string_view result) {
  const auto document = json::Document::parse(std::string(result));
  return document ? read(document->root()) : std::nullopt;
}

std::string with_tasks_extension(std::string_view capabilities) {
  const auto members = json::scan_object(capabilities.empty() ? "{}" : capabilities);
  json::Writer out;
  out.begin_object();
  if (members) {
    for (const json::Member& member : *members) {
      if (member.key != "extensions") out.key(member.key).raw(member.raw);
    }
  }
  out.key("extensions").begin_object().key(kTasksExtension).raw("{}").end_object();
  out.end_object();
  return out.take();
}

std::string without_related_task(std::string result) {
  if (!result.contains(kRelatedTask)) return result;
  const auto members = json::split_object(result);
  if (!members) return result;
  const auto meta = json::scan_object(json::find_member(*members, "_meta"));
  if (!meta) return result;
  json::Writer kept;
  kept.begin_object();
  for (const json::Member& member : *meta) {
    if (member.key != kRelatedTask) kept.key(member.key).raw(member.raw);
  }
  kept.end_object();
  json::Writer out(result.size());
  out.begin_object();
  for (const json::Member& member : *members) {
    if (member.key != "_meta") {
      out.key(member.key).raw(member.raw);
    } else if (kept.text() != "{}") {
      out.key(member.key).raw(kept.text());
    }
  }
  out.end_object();
  return out.take();
}

}  // namespace larkspur::gateway
