#include <cstdio>

#include "app/commands.h"
#include "app/log/support.h"
#include "execlog/json_form.h"
#include "execlog/tree.h"
#include "json/writer.h"

namespace larkspur::app::log {

namespace {

std::string tree_json(const execlog::Tree& tree) {
  json::Writer writer;
  writer.begin_object().key("record").raw(execlog::to_json(tree.record, execlog::View::kAudit));
  writer.key("children").begin_array();
  for (const execlog::Tree& child : tree.children) writer.raw(tree_json(child));
  writer.end_array().end_object();
  return writer.take();
}

}  // namespace

int show(const ShowOptions& options) {
  execlog::SqliteReader reader = reader_of(options);
  const auto tree = execlog::load_tree(reader, options.id);
  if (!tree) return could_not(tree.error());
  if (options.json) {
    std::printf("%s\n", tree_json(*tree).c_str());
  } else {
    std::fputs(execlog::render_tree(*tree, terminal()).c_str(), stdout);
  }
  return kYes;
}

}  // namespace larkspur::app::log
