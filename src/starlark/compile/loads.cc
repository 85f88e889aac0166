#include "starlark/compile/loads.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "starlark/compile/scope.h"
#include "starlark/compile/universal.h"
#include "starlark/syntax/parser.h"

namespace larkspur::starlark {
namespace {

constexpr std::size_t kMostModules = 1000;
constexpr std::size_t kDeepestModules = 100;  // that load one another in a chain

// Whether there may be a load statement: most scripts have none, and need not be parsed twice.
bool may_load(std::string_view text) {
  constexpr std::string_view kWord = "load";
  for (std::size_t at = text.find(kWord); at != text.npos; at = text.find(kWord, at + 1)) {
    const bool begins = at == 0 || std::string_view(" \t\n;\xBF").contains(text[at - 1]);
    const std::size_t next = text.find_first_not_of(" \t\\\r\n", at + kWord.size());
    if (begins && next != text.npos && text[next] == '(') return true;
  }
  return false;
}

// What a file loads, in order. What does not parse loads nothing; the error is told when the
// program is compiled.
std::vector<std::string> loaded_by(std::string_view text, const CompileOptions& options) {
  if (!may_load(text)) return {};
  Names names;
  Arena tree;
  Arena texts;
  Errors errors;
  const Function* script = parse(text, names, tree, texts, errors,
                                 {.strict = options.dialect.strict,
                                  .assert_is_name = options.dialect.strict || options.testing});
  std::vector<std::string> loaded;
  if (script == nullptr) return loaded;
  for (const Stmt* stmt : script->body) {
    if (stmt->kind == StmtKind::kLoad)
      loaded.emplace_back(static_cast<const LoadStmt*>(stmt)->module);
  }
  return loaded;
}

class Gatherer {
 public:
  explicit Gatherer(const CompileOptions& options)
      : options_(options), bytes_left_(options.max_source_bytes) {}

  void follow(std::string_view text, std::size_t depth) {
    for (const std::string& name : loaded_by(text, options_)) {
      if (!library_exports(name, options_.testing).empty()) continue;
      if (std::ranges::find(met_, name) != met_.end()) continue;
      met_.push_back(name);
      ModuleSource module = ask(name, depth);
      if (module.failure.empty()) follow(module.text, depth + 1);
      modules_.push_back(std::move(module));
    }
  }

  std::vector<ModuleSource> take() { return std::move(modules_); }

 private:
  ModuleSource ask(const std::string& name, std::size_t depth) {
    ModuleSource module{.name = name, .text = {}, .failure = {}};
    if (options_.loader == nullptr) {
      module.failure = "there are no modules but json.star, math.star, re.star and time.star";
    } else if (met_.size() > kMostModules || depth >= kDeepestModules) {
      module.failure = "too many modules";
    } else if (auto text = options_.loader(name); !text) {
      module.failure = std::move(text.error());
    } else if (!is_valid_utf8(*text)) {
      module.failure = "it is not valid UTF-8";
    } else if (text->size() > bytes_left_) {
      module.failure = "the modules of this script are too long: the limit is " +
                       std::to_string(options_.max_source_bytes) + " bytes";
    } else {
      bytes_left_ -= text->size();
      module.text = std::move(*text);
    }
    return module;
  }

  const CompileOptions& options_;
  std::size_t bytes_left_;
  std::vector<std::string> met_;
  std::vector<ModuleSource> modules_;
};

class Linker {
 public:
  Linker(Names& names, Arena& arena, Errors& errors)
      : names_(names), arena_(arena), errors_(errors) {}

  void link(LoadStmt* load, std::vector<LoadableModule>& modules) {
    // What the loader was not asked for is the library's.
    const auto found = std::ranges::find(modules, load->module, &LoadableModule::name);
    LoadableModule* const module = found == modules.end() ? nullptr : &*found;
    const auto library = library_exports(load->module, module == nullptr);
    if (module != nullptr) {
      if (!is_loadable(load, *module)) return;
    }
    for (LoadItem& item : load->items) {
      if (item.original.empty() || item.original.starts_with('_')) continue;
      item.source = module == nullptr ? library_name(item, library) : exported(item, *module);
      if (item.source == nullptr) report_missing(load, item, library, module);
    }
  }

 private:
  bool is_loadable(LoadStmt* load, const LoadableModule& module) {
    if (module.script != nullptr && module.resolved) return true;
    errors_.add(load->module_offset,
                "cannot load " + std::string(load->module) + ": " +
                    (module.script == nullptr ? module.failure : "cycle in load graph"));
    return false;
  }

  Binding* library_name(const LoadItem& item, std::span<const std::string_view> exports) {
    if (std::ranges::find(exports, item.original) == exports.end()) return nullptr;
    const std::size_t index = library_index(item.original);
    return arena_.make<Binding>(Binding{.kind = Binding::Kind::kUniversal,
                                        .index = static_cast<std::uint16_t>(index),
                                        .name = item.name->name});
  }

  Binding* exported(const LoadItem& item, const LoadableModule& module) {
    const auto id = names_.find(item.original);
    const auto found = id ? module.exports.find(*id) : module.exports.end();
    return found == module.exports.end() ? nullptr : found->second;
  }

  void report_missing(const LoadStmt* load, const LoadItem& item,
                      std::span<const std::string_view> library, const LoadableModule* module) {
    std::vector<std::string_view> candidates(library.begin(), library.end());
    if (module != nullptr) {
      for (const auto& [id, binding] : module->exports) candidates.push_back(names_.text(id));
      std::ranges::sort(candidates);
    }
    const auto near = nearest(item.original, candidates);
    errors_.add(item.offset,
                "load: name " + std::string(item.original) + " not found in module " +
                    std::string(load->module),
                near ? "did you mean " + std::string(*near) + "?" : "");
  }

  Names& names_;
  Arena& arena_;
  Errors& errors_;
};

}  // namespace

std::vector<ModuleSource> gather_modules(std::string_view script, const CompileOptions& options) {
  Gatherer gatherer(options);
  gatherer.follow(script, 0);
  return gatherer.take();
}

void link_load(LoadStmt* load, std::vector<LoadableModule>& modules, Names& names, Arena& arena,
               Errors& errors) {
  Linker(names, arena, errors).link(load, modules);
}

void order_loads(Function* script, std::vector<LoadableModule>& modules) {
  for (Stmt* stmt : script->body) {
    if (stmt->kind != StmtKind::kLoad) continue;
    auto* load = static_cast<LoadStmt*>(stmt);
    const auto module = std::ranges::find(modules, load->module, &LoadableModule::name);
    if (module == modules.end() || std::exchange(module->runs, true)) continue;
    load->runs = module->script;
    load->first_global = module->first_global;
    load->end_global = module->end_global;
    order_loads(module->script, modules);  // at most kDeepestModules deep
  }
}

}  // namespace larkspur::starlark
