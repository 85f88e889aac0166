#include "execlog/proof/tree.h"

#include <utility>

#include "execlog/form/json_form.h"
#include "json/writer.h"

namespace larkspur::execlog {

namespace {

// Recursion is bounded by kMaxTreeDepth, whatever the records say of their parents.
Result<void> load_children(Reader& reader, Tree& parent, std::size_t depth, std::size_t& room) {
  // Only a script calls other tools: asking for every leaf's children would be a question each.
  if (depth > 1 && !parent.record.script) return {};
  Result<std::vector<StoredRecord>> children = reader.children(parent.record.tool_call_id);
  if (!children) return fail(std::move(children.error()));
  for (StoredRecord& child : *children) {
    if (room == 0 || depth == kMaxTreeDepth) {
      parent.cut = true;
      break;
    }
    --room;
    parent.children.push_back({.record = std::move(child.record), .children = {}, .cut = false});
    if (Result<void> below = load_children(reader, parent.children.back(), depth + 1, room);
        !below) {
      return below;
    }
  }
  return {};
}

}  // namespace

Result<Tree> load_tree(Reader& reader, std::string_view id) {
  Result<StoredRecord> root = reader.find(id);
  if (!root) return fail(std::move(root.error()));
  Tree tree{.record = std::move(root->record), .children = {}, .cut = false};
  std::size_t room = kMaxTreeRecords;
  if (Result<void> below = load_children(reader, tree, 1, room); !below) {
    return fail(std::move(below.error()));
  }
  return tree;
}

std::string tree_json(const Tree& tree) {  // as deep as the tree: kMaxTreeDepth
  json::Writer writer;
  writer.begin_object().key("record").raw(to_json(tree.record, View::kAudit));
  writer.key("children").begin_array();
  for (const Tree& child : tree.children) writer.raw(tree_json(child));
  writer.end_array();
  if (tree.cut) writer.key("cut").boolean(true);
  writer.end_object();
  return writer.take();
}

}  // namespace larkspur::execlog
