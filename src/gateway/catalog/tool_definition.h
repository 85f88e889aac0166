// Changes to a tool's definition that leave every other byte of it as the backend sent it: key
// order, number spellings, unknown members, schemas of any dialect.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "call/tool_source.h"
#include "gateway/catalog/content_catalog.h"

namespace larkspur::gateway {

// The `name` member of a raw MCP Tool object. The error says what is wrong with the object.
Result<std::string> tool_name(std::string_view definition);

// The same object under another name and, where `description` is not empty, with another
// description. An inputSchema that is missing becomes {"type":"object"}, which clients insist on.
// REQUIRES: tool_name(definition) succeeds.
std::string rewrite_definition(std::string_view definition, std::string_view name,
                               std::string_view description);

// Any object with its member `name` changed and nothing else.
std::string rename_definition(std::string_view definition, std::string_view name);

// Reads execution.taskSupport of a tool whose backend offers tasks in the way `offer`, and makes
// `definition` say what a legacy client of ours may rely on: nothing where there are no tasks, and
// "optional" where the backend decides.
call::TaskSupport settle_task_support(std::string& definition, TaskOffer offer);

// The same object without execution.taskSupport, which the modern era does not know.
std::string without_task_support(std::string_view definition);

}  // namespace larkspur::gateway
