// Structured output as legacy clients must have it: the modern era lets a tool's output be any JSON
// value, the legacy era objects only (mcp 2025-11-25 server/tools, outputSchema). What is no object
// goes to them as the member "result" of one.
#pragma once

#include <string>
#include <string_view>

namespace larkspur::gateway {

// Whether the tool's outputSchema, where it has one, promises something else than an object.
bool has_foreign_output(std::string_view definition);

// The tool's definition with {"type":"object","properties":{"result":<outputSchema>}} in its place;
// references within the schema lead where they did. REQUIRES: has_foreign_output().
std::string with_object_schema(std::string_view definition);

// A tool's result with {"result":<structuredContent>} in the place of what is no object or, where
// the schema was changed (`always`), of whatever it is; and with its text, where it has no content.
std::string with_object_output(std::string result, bool always);

}  // namespace larkspur::gateway
