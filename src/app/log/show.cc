#include <cstdio>

#include "app/commands.h"
#include "app/log/support.h"
#include "execlog/form/markdown.h"
#include "execlog/proof/tree.h"

namespace larkspur::app::log {

int show(const ShowOptions& options) {
  execlog::SqliteReader reader = reader_of(options);
  const auto tree = execlog::load_tree(reader, options.id);
  if (!tree) return could_not(tree.error());
  if (options.json) {
    std::printf("%s\n", execlog::tree_json(*tree).c_str());
  } else if (options.markdown) {
    std::fputs(execlog::render_markdown(*tree).c_str(), stdout);
  } else {
    std::fputs(execlog::render_tree(*tree, terminal()).c_str(), stdout);
  }
  return kYes;
}

}  // namespace larkspur::app::log
