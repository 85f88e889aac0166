// Source to Program: the steps of the front end, one after the other.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "starlark/compile/compiler.h"
#include "starlark/compile/program_impl.h"
#include "starlark/compile/resolver.h"
#include "starlark/compile/signatures.h"
#include "starlark/compile/universal.h"
#include "starlark/starlark.h"
#include "starlark/syntax/parser.h"

namespace larkspur::starlark {
namespace {

std::vector<std::uint32_t> line_begins(std::string_view source) {
  std::vector<std::uint32_t> lines = {0};
  for (std::size_t at = source.find('\n'); at != std::string_view::npos;
       at = source.find('\n', at + 1)) {
    lines.push_back(static_cast<std::uint32_t>(at) + 1);
  }
  return lines;
}

Diagnostic to_diagnostic(const Module& module, StaticError error) {
  Diagnostic diagnostic;
  diagnostic.kind = ErrorKind::kSyntax;
  diagnostic.value_free_message = error.message;  // names of the script, but no values
  diagnostic.message = std::move(error.message);
  diagnostic.hint = std::move(error.hint);
  diagnostic.location = module.location(error.offset);
  diagnostic.source_line = std::string(module.line(diagnostic.location.line));
  return diagnostic;
}

std::vector<Diagnostic> to_diagnostics(const Module& module, Errors& errors) {
  std::ranges::sort(errors.items(), {}, &StaticError::offset);
  std::vector<Diagnostic> diagnostics;
  for (StaticError& error : errors.items())
    diagnostics.push_back(to_diagnostic(module, std::move(error)));
  return diagnostics;
}

// A source that is not even looked at.
std::vector<Diagnostic> refuse(std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.kind = ErrorKind::kSyntax;
  diagnostic.value_free_message = message;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostic.location = {.line = 1, .column = 1};
  return {std::move(diagnostic)};
}

void compile_into(Module& module, std::span<const std::string> predeclared,
                  const CompileOptions& options, Errors& errors) {
  Names names;
  Arena tree;
  Function* script = parse(module.source, names, tree, module.arena, errors);
  if (script == nullptr || options.parse_only) return;
  Resolved resolved = resolve(script, {predeclared, universal_names()}, names, tree, errors);
  module.globals = std::move(resolved.globals);
  if (!options.signatures.empty()) check_calls(resolved.named_calls, options, names, errors);
  if (errors.empty()) compile(script, names, module, errors);
}

}  // namespace

Program::Program() : impl_(std::make_unique<Impl>()) {}
Program::~Program() = default;

const std::string& Program::source() const {
  return impl_->source;
}
const std::string& Program::filename() const {
  return impl_->filename;
}

std::expected<std::shared_ptr<const Program>, std::vector<Diagnostic>> Program::compile(
    std::string source, CompileOptions options) {
  if (source.size() > options.max_source_bytes) {
    return std::unexpected(refuse("the script is too long: the limit is " +
                                      std::to_string(options.max_source_bytes) + " bytes",
                                  "pass large data to the script as data, not as source"));
  }
  if (!is_valid_utf8(source)) return std::unexpected(refuse("the script is not valid UTF-8", ""));

  std::shared_ptr<Program> program(new Program());
  Impl& impl = *program->impl_;
  impl.source = std::move(source);
  impl.filename = std::move(options.filename);
  impl.predeclared = std::move(options.predeclared);
  impl.module.source = impl.source;
  impl.module.lines = line_begins(impl.source);
  impl.module.predeclared.assign(impl.predeclared.begin(), impl.predeclared.end());

  Errors errors;
  compile_into(impl.module, impl.predeclared, options, errors);
  if (!errors.empty()) return std::unexpected(to_diagnostics(impl.module, errors));
  return program;
}

}  // namespace larkspur::starlark
