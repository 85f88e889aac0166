// load("module", "name"): which files a program consists of, and what their names stand for.
//
// Modules are linked when the program is compiled: their code becomes part of it, their top level a
// function that the first load() statement calls. load() stands at the top level only, so which
// statement comes first is known.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "starlark/starlark.h"
#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// A file that the program's script loads, or one that such a file loads.
struct ModuleSource {
  std::string name;
  std::string text;
  std::string failure;  // why there is no text
};

// Asks the loader for every module, each once; those that a module loads come before it. Modules
// that load each other come in some order.
std::vector<ModuleSource> gather_modules(std::string_view script, const CompileOptions& options);

// A module that load() can name. What it exports is what its top level assigns.
struct LoadableModule {
  std::string_view name;
  Function* script = nullptr;  // null where there is none, and `failure` says why
  std::string failure;
  bool resolved = false;
  bool runs = false;  // some load() runs it, see order_loads
  std::uint16_t first_global = 0;
  std::uint16_t end_global = 0;
  std::unordered_map<NameId, Binding*> exports = {};  // after it is resolved
};

// Finds what each name of the statement stands for (LoadItem::source).
void link_load(LoadStmt* load, std::vector<LoadableModule>& modules, Names& names, Arena& arena,
               Errors& errors);
// Finds the statement that loads each module first when `script` runs: that one runs the module
// (LoadStmt::runs). REQUIRES: all files are resolved, without errors.
void order_loads(Function* script, std::vector<LoadableModule>& modules);

}  // namespace larkspur::starlark
