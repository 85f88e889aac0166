// What the star commands share: sources, dialects, limits and errors.
#pragma once

#include <string>
#include <string_view>

#include "app/commands.h"
#include "starlark/starlark.h"

namespace larkspur::app {

// "-" is standard input.
bool read_source(const std::string& file, std::string& source);
// Replaces the file whole, or not at all.
bool write_source(const std::string& file, const std::string& source);
int cannot_read(const std::string& file);  // says so; gives the exit code

void write_out(std::string_view printed);  // to standard output; zero bytes, too
// As people read them, on standard error.
void print_errors(const std::vector<starlark::Diagnostic>& errors, const std::string& file);

starlark::Dialect dialect_of(const StarOptions& options, bool strict);
starlark::CompileOptions compile_options(const StarOptions& options);
starlark::Limits limits_of(const StarOptions& options);

}  // namespace larkspur::app
