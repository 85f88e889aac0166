// What a backend says of a task that it runs for us, in the words of either era (mcp 2025-11-25
// basic/utilities/tasks; the extension io.modelcontextprotocol/tasks of 2026-07-28).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "call/task_holder.h"

namespace larkspur::gateway {

inline constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";
// The key in _meta of what belongs to a legacy task.
inline constexpr std::string_view kRelatedTask = "io.modelcontextprotocol/related-task";

enum class TaskStatus : unsigned char { kWorking, kInputRequired, kCompleted, kFailed, kCancelled };
std::string_view to_string(TaskStatus status);
inline bool has_ended(TaskStatus status) {
  return status >= TaskStatus::kCompleted;
}

struct BackendTaskState {
  std::string id;
  TaskStatus status = TaskStatus::kWorking;
  call::TaskNews news;  // its interval within bounds that do no harm
};

// Of a tools/call result that is a task: {"task":{...}}, or the members themselves (modern).
// Nullopt for any other result.
std::optional<BackendTaskState> read_created_task(std::string_view result);
// Of a tasks/get result. Nullopt where it has no id or a status that nobody knows.
std::optional<BackendTaskState> read_task(std::string_view result);

// Client capabilities, a raw object or "", with the extension declared.
std::string with_tasks_extension(std::string_view capabilities);

// A result without the mark of the task that it came from, which names it by its backend's id;
// other results stay as they are.
std::string without_related_task(std::string result);

}  // namespace larkspur::gateway
