// Records as plain text for a terminal: pure functions, the same text for the same records. Nothing
// from a record reaches the terminal unescaped.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "execlog/proof/tree.h"
#include "execlog/query.h"

namespace larkspur::execlog {

struct RenderOptions {
  std::size_t width = 100;  // columns of the terminal; at least 60 are used
};

// `larkspur log`: one line for each record, under a heading.
std::string render_list(std::span<const StoredRecord> records, RenderOptions options = {});

// `larkspur log tail`: one line, without its end.
std::string render_line(const Record& record);

// `larkspur log show ID`: the record, its inner calls as a tree with durations and places, those of
// one parallel() under one heading, and below each call what it called outside.
std::string render_tree(const Tree& tree, RenderOptions options = {});

}  // namespace larkspur::execlog
