// Source to Program: the steps of the front end, one after the other.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "starlark/compile/arity.h"
#include "starlark/compile/compiler.h"
#include "starlark/compile/loads.h"
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
  diagnostic.file = module.file(error.offset).name;
  diagnostic.source_line = std::string(module.line(error.offset));
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

// Puts the modules that the script loads behind it, into one source.
void add_modules(Program::Impl& impl, std::span<const ModuleSource> modules) {
  Module& module = impl.module;
  for (const ModuleSource& each : modules) {
    if (!impl.source.ends_with('\n')) impl.source += '\n';
    module.files.push_back(
        {.name = each.name,
         .begin = static_cast<std::uint32_t>(impl.source.size()),
         .first_line = static_cast<std::uint32_t>(std::ranges::count(impl.source, '\n'))});
    impl.source += each.text;
  }
  module.source = impl.source;
  module.lines = line_begins(impl.source);
}

// The text up to the end of file number `i`: a parser begins at the file's begin.
std::string_view up_to_end_of(const Module& module, std::size_t i) {
  return i + 1 < module.files.size() ? module.source.substr(0, module.files[i + 1].begin)
                                     : module.source;
}

class FrontEnd {
 public:
  FrontEnd(Program::Impl& impl, const CompileOptions& options, Errors& errors)
      : module_(impl.module), predeclared_(impl.predeclared), options_(options), errors_(errors) {}

  void run(std::span<const ModuleSource> sources) {
    Function* script = parse_file(0);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      modules_.push_back({.name = sources[i].name,
                          .script = sources[i].failure.empty() ? parse_file(i + 1) : nullptr,
                          .failure = sources[i].failure});
    }
    if (script == nullptr || options_.parse_only || !errors_.empty()) return;
    resolve_all(script);
    if (options_.resolve_only || !errors_.empty()) return;
    order_loads(script, modules_);
    compile(script, names_, module_, errors_, {.recursion = options_.dialect.recursion});
  }

 private:
  Function* parse_file(std::size_t i) {
    return parse(up_to_end_of(module_, i), names_, tree_, module_.arena, errors_,
                 {.begin = module_.files[i].begin,
                  .strict = options_.dialect.strict,
                  .assert_is_name = options_.dialect.strict || options_.testing,
                  .syntax_only = options_.parse_only && options_.dialect.strict});
  }

  void resolve_all(Function* script) {
    const auto& universal = universal_names();
    const std::span<const std::string_view> known =
        std::span(universal).first(universal_count(options_.testing));
    Environment environment{
        .predeclared = predeclared_,
        .universal = known,
        .dialect = options_.dialect,
        .modules = options_.resolve_only ? nullptr : &modules_,
        .place = [this](std::uint32_t offset) { return place(offset); },
    };
    Resolved resolved;
    for (LoadableModule& each : modules_) {
      if (each.script == nullptr) continue;
      Environment own = environment;
      own.predeclared = {};  // what the host gives it gives to the script
      resolve(each.script, &each, own, names_, tree_, errors_, resolved);
    }
    resolve(script, nullptr, environment, names_, tree_, errors_, resolved);
    module_.globals = std::move(resolved.globals);
    if (!options_.signatures.empty()) check_calls(resolved.named_calls, options_, names_, errors_);
    // Suites want to see such mistakes happen.
    if (!options_.dialect.strict && !options_.testing)
      check_arity(resolved.named_calls, names_, errors_);
  }

  std::string place(std::uint32_t offset) const {
    const std::string& file = module_.file(offset).name;
    const Location at = module_.location(offset);
    return (file.empty() ? options_.filename : file) + ":" + std::to_string(at.line) + ":" +
           std::to_string(at.column);
  }

  Module& module_;
  std::span<const std::string> predeclared_;
  const CompileOptions& options_;
  Errors& errors_;
  Names names_;
  Arena tree_;
  std::vector<LoadableModule> modules_;
};

}  // namespace

Program::Program() : impl_(std::make_unique<Impl>()) {}
Program::~Program() = default;

std::string_view Program::source() const {
  return up_to_end_of(impl_->module, 0);
}
const std::string& Program::filename() const {
  return impl_->filename;
}

std::size_t Program::memory_bytes() const {
  const Module& module = impl_->module;
  std::size_t bytes = sizeof(Program) + sizeof(Impl) + impl_->source.capacity() +
                      module.arena.bytes() + module.constants.capacity() * sizeof(Constant) +
                      module.call_sites.capacity() * sizeof(CallSite) +
                      module.lines.capacity() * sizeof(module.lines[0]) +
                      impl_->predeclared.capacity() * 2 * sizeof(std::string);
  for (const Proto& proto : module.protos) {
    bytes += sizeof(Proto) + proto.code.capacity() * sizeof(Instruction) +
             proto.offsets.capacity() * sizeof(proto.offsets[0]) +
             proto.variables.capacity() * sizeof(proto.variables[0]);
  }
  return impl_->pool == nullptr ? bytes : bytes + memory_bytes_of(*impl_->pool);
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
  impl.module.predeclared.assign(impl.predeclared.begin(), impl.predeclared.end());
  impl.module.byte_strings = options.dialect.strict;

  const bool follows = !options.parse_only && !options.resolve_only;
  const std::vector<ModuleSource> modules =
      follows ? gather_modules(impl.source, options) : std::vector<ModuleSource>();
  add_modules(impl, modules);
  Errors errors(options.most_errors);
  options.filename = impl.filename;
  FrontEnd(impl, options, errors).run(modules);
  if (!errors.empty()) return std::unexpected(to_diagnostics(impl.module, errors));
  if (!impl.module.protos.empty()) impl.pool = make_pool(impl.module);
  return program;
}

}  // namespace larkspur::starlark
