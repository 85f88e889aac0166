#include "config/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/text.h"

namespace larkspur::config {

namespace {

struct Destroy {
  void operator()(fy_document* document) const { fy_document_destroy(document); }
  // Not fy_diag_unref(): kept errors refer to tokens that refer back, so the count never gets to 0.
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
using Document = std::unique_ptr<fy_document, Destroy>;

// libfyaml's parser over one text, with its errors kept instead of printed.
class Parser {
 public:
  Parser(std::string_view text, Syntax syntax) {
    fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
    diag_.reset(fy_diag_create(&diag_config));
    fy_diag_set_collect_errors(diag_.get(), true);
    fy_parse_cfg config{};
    // Duplicate keys are found by the converter, which can say where the first one stands.
    config.flags = static_cast<fy_parse_cfg_flags>(
        FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_ALLOW_DUPLICATE_KEYS |
        (syntax == Syntax::kJson ? FYPCF_JSON_FORCE : FYPCF_JSON_NONE));
    config.diag = diag_.get();
    parser_.reset(fy_parser_create(&config));
    if (parser_ != nullptr) fy_parser_set_string(parser_.get(), text.data(), text.size());
  }

  Document next() const {
    return Document(parser_ == nullptr ? nullptr : fy_parse_load_document(parser_.get()));
  }

  // The first error is the cause; those that follow are mostly its echoes.
  std::optional<Problem> error() const {
    void* iterator = nullptr;
    if (const fy_diag_error* error = fy_diag_errors_iterate(diag_.get(), &iterator)) {
      return Problem{"", static_cast<std::uint32_t>(error->line),
                     static_cast<std::uint32_t>(error->column), printable(error->msg)};
    }
    if (parser_ == nullptr || fy_parser_get_stream_error(parser_.get())) {
      return Problem{"", 0, 0, "the file is not well formed"};
    }
    return std::nullopt;
  }

 private:
  std::unique_ptr<fy_diag, Destroy> diag_;
  std::unique_ptr<fy_parser, Destroy> parser_;
};

// Turns libfyaml's nodes into ours. Recursion is bounded by kMaxDepth.
class Converter {
 public:
  explicit Converter(std::string_view filename) : filename_(filename) {}

  // False: problem() says why.
  bool convert(fy_node* from, Place fallback, int depth, Node& to) {
    to.place = place_of(from, fallback);
    if (depth > kMaxDepth) {
      return refuse(to.place, fmt::format("nested more than {} levels deep", kMaxDepth));
    }
    if (from == nullptr) return true;
    if (fy_node_is_alias(from) || fy_node_get_anchor(from) != nullptr) {
      return refuse(to.place, "anchors and aliases are not supported; write the value out");
    }
    std::size_t tag_size = 0;
    if (fy_node_get_tag(from, &tag_size) != nullptr) {
      return refuse(to.place, "tags (!...) are not supported; write the plain value");
    }
    switch (fy_node_get_type(from)) {
      case FYNT_SCALAR:
        return convert_scalar(from, to);
      case FYNT_SEQUENCE:
        return convert_list(from, depth, to);
      case FYNT_MAPPING:
        return convert_map(from, depth, to);
    }
    return true;
  }

  Problem problem() { return std::move(*problem_); }

 private:
  static std::string_view scalar(fy_node* node) {
    std::size_t size = 0;
    const char* data = fy_node_get_scalar(node, &size);
    return data == nullptr ? std::string_view{} : std::string_view{data, size};
  }

  static Place place_of(fy_node* node, Place fallback) {
    fy_token* token = node != nullptr ? fy_node_get_scalar_token(node) : nullptr;
    const fy_mark* mark = token != nullptr ? fy_token_start_mark(token) : nullptr;
    if (mark == nullptr) return fallback;
    return {static_cast<std::uint32_t>(mark->line + 1),
            static_cast<std::uint32_t>(mark->column + 1)};
  }

  bool refuse(Place place, std::string message) {
    problem_ = Problem{std::string(filename_), place.line, place.column, std::move(message)};
    return false;
  }

  static bool convert_scalar(fy_node* from, Node& to) {
    to.text = scalar(from);
    const bool plain = fy_node_get_style(from) == FYNS_PLAIN;
    const bool null = plain && (to.text.empty() || to.text == "~" || to.text == "null");
    to.kind = null ? Node::Kind::kNull : Node::Kind::kScalar;
    return true;
  }

  bool convert_list(fy_node* from, int depth, Node& to) {
    to.kind = Node::Kind::kList;
    void* iterator = nullptr;
    while (fy_node* item = fy_node_sequence_iterate(from, &iterator)) {
      if (!convert(item, to.place, depth + 1, to.items.emplace_back())) return false;
    }
    if (!to.items.empty()) to.place = to.items.front().place;
    return true;
  }

  bool convert_map(fy_node* from, int depth, Node& to) {
    to.kind = Node::Kind::kMap;
    void* iterator = nullptr;
    std::map<std::string, Place, std::less<>> seen;
    while (fy_node_pair* pair = fy_node_mapping_iterate(from, &iterator)) {
      fy_node* key = fy_node_pair_key(pair);
      if (key == nullptr || !fy_node_is_scalar(key) || fy_node_is_alias(key)) {
        return refuse(place_of(key, to.place), "a key must be plain text");
      }
      const Place place = place_of(key, to.place);
      const auto [first, is_new] = seen.emplace(scalar(key), place);
      if (!is_new) {
        return refuse(place, fmt::format("duplicate key '{}'; it already stands in line {}",
                                         printable(first->first), first->second.line));
      }
      Member& member = to.members.emplace_back(first->first, place);
      if (!convert(fy_node_pair_value(pair), place, depth + 1, member.value)) return false;
    }
    if (!to.members.empty()) to.place = to.members.front().place;
    return true;
  }

  std::string_view filename_;
  std::optional<Problem> problem_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::expected<Node, Problem> parse_tree(std::string_view text, std::string_view filename,
                                        Syntax syntax) {
  const auto refuse = [&](std::uint32_t line, std::uint32_t column, std::string message) {
    return std::unexpected(Problem{std::string(filename), line, column, std::move(message)});
  };
  if (text.size() > kMaxFileBytes) {
    return refuse(0, 0, fmt::format("the file is larger than {} bytes", kMaxFileBytes));
  }
  if (!is_valid_utf8(text)) return refuse(0, 0, "the file is not UTF-8 text");

  const Parser parser(text, syntax);
  const Document document = parser.next();
  if (auto error = parser.error()) return refuse(error->line, error->column, error->message);
  Node root;
  if (document == nullptr) return root;  // nothing but comments
  if (const Document second = parser.next()) {
    return refuse(0, 0, "the file has more than one document (---); Larkspur reads one");
  }
  if (auto error = parser.error()) return refuse(error->line, error->column, error->message);

  Converter converter(filename);
  if (!converter.convert(fy_document_root(document.get()), {1, 1}, 0, root)) {
    return std::unexpected(converter.problem());
  }
  return root;
}

}  // namespace larkspur::config
