// A call as Markdown, for a conversation with a model: what happened, in which order, how long it
// took, and why it failed, with ids that can be asked for again.
#pragma once

#include <cstddef>
#include <string>

#include "execlog/proof/tree.h"

namespace larkspur::execlog {

inline constexpr std::size_t kMaxMarkdownBytes = std::size_t{32} << 10;

// At most about `max_bytes`; what had no room is counted at its place. Nothing of a record can end
// its code span or begin a heading.
std::string render_markdown(const Tree& tree, std::size_t max_bytes = kMaxMarkdownBytes);

}  // namespace larkspur::execlog
