#include "starlark/formatter.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "starlark/syntax/token_list.h"

namespace larkspur::starlark {
namespace {

using enum TokenKind;

constexpr std::uint32_t kSpaces = 4;

bool opens(TokenKind kind) {
  return kind == kLeftParen || kind == kLeftBracket || kind == kLeftBrace;
}
bool closes(TokenKind kind) {
  return kind == kRightParen || kind == kRightBracket || kind == kRightBrace;
}
// What a call or a subscript may follow, and what makes the operator behind it one of two operands.
bool ends_operand(TokenKind kind) {
  return kind == kIdentifier || kind == kInt || kind == kFloat || kind == kString ||
         kind == kBytes || kind == kFString || closes(kind);
}
bool may_prefix(TokenKind kind) {
  return kind == kMinus || kind == kPlus || kind == kTilde || kind == kStar || kind == kStarStar ||
         kind == kSlash;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\f\v\\");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\f\v") - begin + 1);
}

// Columns as the lexer counts them.
std::uint32_t columns_of(std::string_view line) {
  std::uint32_t columns = 0;
  for (const char c : line) {
    if (c != ' ' && c != '\t') break;
    columns += c == '\t' ? 8 - columns % 8 : 1;
  }
  return columns;
}

class Formatter {
 public:
  explicit Formatter(std::string_view source) : source_(source), tokens_(tokens_of(source)) {}

  std::string run() {
    if (source_.starts_with("\xEF\xBB\xBF")) previous_end_ = 3;
    while (tokens_[next_].kind != kEndOfFile) logical_line();
    lines_before(source_.substr(previous_end_), 0);
    return std::move(out_);
  }

 private:
  // An open bracket, or the line itself.
  struct Bracket {
    TokenKind kind = kNewline;
    std::size_t line = 0;            // the line of the output on which it stands
    std::uint32_t line_indent = 0;   // of that line
    std::uint32_t inner_indent = 0;  // of lines inside of it
    int lambdas = 0;                 // whose ':' is still to come
    bool annotated = false;          // a ':' since the last ','
  };

  std::string_view text(const Token& token) const {
    return source_.substr(token.offset, token.end - token.offset);
  }

  void new_line(std::uint32_t indent) {
    out_ += '\n';
    ++line_;
    begin_line(indent);
  }
  void begin_line(std::uint32_t indent) {
    line_indent_ = indent;
    out_.append(std::size_t{indent} * kSpaces, ' ');
  }

  // One statement, or several with ';' between, with the comments and blank lines before it.
  void logical_line() {
    std::uint32_t level = level_;
    for (;; ++next_) {
      if (tokens_[next_].kind == TokenKind::kIndent) {
        ++level;
      } else if (tokens_[next_].kind == kOutdent) {
        --level;
      } else {
        break;
      }
    }
    const Token& first = tokens_[next_];
    if (first.kind == kEndOfFile) return;
    const std::string_view gap = source_.substr(previous_end_, first.offset - previous_end_);
    lines_before(gap, level);
    columns_.resize(level + 1);
    const std::size_t line_begin = gap.rfind('\n');
    columns_[level] =
        columns_of(line_begin == std::string_view::npos ? gap : gap.substr(line_begin + 1));
    level_ = level;

    begin_line(level);
    brackets_.assign(1, {.line = line_, .line_indent = level, .inner_indent = level + 1});
    glue_ = true;
    previous_ = kNewline;
    std::uint32_t end = first.offset;
    for (; tokens_[next_].kind != kNewline && tokens_[next_].kind != kEndOfFile; ++next_) {
      const Token& token = tokens_[next_];
      between(source_.substr(end, token.offset - end), token.kind);
      put(token);
      end = token.end;
    }
    opened_block_ = previous_ == kColon;
    const std::uint32_t line_end = tokens_[next_].offset;
    trailing_comment(source_.substr(end, line_end - end));
    out_ += '\n';
    ++line_;
    previous_end_ = tokens_[next_].end;
    if (tokens_[next_].kind == kNewline) ++next_;
  }

  // Comments and blank lines between two statements, of which the second is at `level`.
  void lines_before(std::string_view gap, std::uint32_t level) {
    std::size_t blanks = 0;
    while (!gap.empty()) {
      const std::size_t end = gap.find('\n');
      const std::string_view line = gap.substr(0, end);
      const bool last = end == std::string_view::npos;
      gap = last ? std::string_view() : gap.substr(end + 1);
      const std::string_view comment = trimmed(line);
      if (comment.empty()) {
        blanks += last ? 0 : 1;
        continue;
      }
      const std::uint32_t at = level_of_comment(columns_of(line), level);
      blank_lines(std::exchange(blanks, 0), at);
      out_.append(std::size_t{at} * kSpaces, ' ').append(comment) += '\n';
      ++line_;
      opened_block_ = false;
    }
    if (tokens_[next_].kind != kEndOfFile) blank_lines(blanks, level);
  }

  void blank_lines(std::size_t count, std::uint32_t level) {
    if (out_.empty() || opened_block_) return;
    count = std::min<std::size_t>(count, level == 0 ? 2 : 1);
    out_.append(count, '\n');
    line_ += count;
  }

  // A comment before the end of a block belongs to the block that it is indented like.
  std::uint32_t level_of_comment(std::uint32_t column, std::uint32_t level) const {
    std::uint32_t at = level;
    for (std::uint32_t k = level + 1; k <= level_ && columns_[k] <= column; ++k) at = k;
    return at;
  }

  // What separates the token that comes from the one before.
  void between(std::string_view gap, TokenKind kind) {
    if (gap.find('\n') != std::string_view::npos) return line_break(gap, kind);
    if (!glue_ && wants_space(kind)) out_ += ' ';
  }

  bool wants_space(TokenKind kind) const {
    switch (kind) {
      case kRightParen:
      case kRightBracket:
      case kRightBrace:
      case kComma:
      case kSemicolon:
      case kColon:
      case kDot:
        return false;
      case kLeftParen:
        return !ends_operand(previous_) && previous_ != kLoad;
      case kLeftBracket:
        return !ends_operand(previous_);
      case kAssign:
        return !is_tight_assign();
      default:
        return true;
    }
  }

  // f(x=1), but f(x: int = 1)
  bool is_tight_assign() const {
    const Bracket& bracket = brackets_.back();
    return bracket.lambdas > 0 || (bracket.kind == kLeftParen && !bracket.annotated);
  }

  void line_break(std::string_view gap, TokenKind kind) {
    const std::size_t first_end = gap.find('\n');
    trailing_comment(gap.substr(0, first_end));
    gap.remove_prefix(first_end + 1);
    Bracket& bracket = brackets_.back();
    if (brackets_.size() == 1) {  // only a backslash breaks a line outside of brackets
      out_ += " \\";
      return new_line(bracket.inner_indent);
    }
    bool blank = false;
    const bool after_open = opens(previous_);
    bool any = false;
    for (std::size_t end; (end = gap.find('\n')) != std::string_view::npos;
         gap.remove_prefix(end + 1)) {
      const std::string_view comment = trimmed(gap.substr(0, end));
      blank = blank || comment.empty();
      if (comment.empty()) continue;
      if (std::exchange(blank, false) && (any || !after_open)) out_ += '\n', ++line_;
      any = true;
      new_line(bracket.inner_indent);
      out_ += comment;
    }
    if (blank && !closes(kind) && (any || !after_open)) out_ += '\n', ++line_;
    new_line(closes(kind) ? bracket.line_indent : bracket.inner_indent);
  }

  void trailing_comment(std::string_view gap) {
    const std::string_view comment = trimmed(gap);
    if (comment.starts_with('#')) out_.append("  ").append(comment);
  }

  void put(const Token& token) {
    const TokenKind kind = token.kind;
    const bool tight = kind == kAssign && is_tight_assign();
    const bool prefix = may_prefix(kind) && !ends_operand(previous_);
    const std::string_view written = text(token);
    out_ += written;
    line_ += static_cast<std::size_t>(std::ranges::count(written, '\n'));
    glue_ = opens(kind) || kind == kDot || tight || prefix;
    if (opens(kind)) {
      open(kind);
    } else if (closes(kind) && brackets_.size() > 1) {
      brackets_.pop_back();
    } else if (kind == kLambda) {
      ++brackets_.back().lambdas;
    } else if (kind == kColon) {
      colon();
    } else if (kind == kComma && brackets_.back().lambdas == 0) {
      brackets_.back().annotated = false;
    }
    previous_ = kind;
  }

  // Brackets that open on one line indent what is inside of them once.
  void open(TokenKind kind) {
    const Bracket& outer = brackets_.back();
    const bool same_line = brackets_.size() > 1 && outer.line == line_;
    brackets_.push_back({.kind = kind,
                         .line = line_,
                         .line_indent = same_line ? outer.line_indent : line_indent_,
                         .inner_indent = same_line ? outer.inner_indent : line_indent_ + 1});
  }

  void colon() {
    Bracket& bracket = brackets_.back();
    if (bracket.lambdas > 0) {
      --bracket.lambdas;
    } else if (bracket.kind == kLeftBracket) {
      glue_ = true;  // x[a:b]
    } else {
      bracket.annotated = true;
    }
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  std::string out_;
  std::size_t next_ = 0;
  std::uint32_t previous_end_ = 0;  // of the last logical line, its line break included
  std::size_t line_ = 0;            // of the output
  std::uint32_t line_indent_ = 0;
  std::uint32_t level_ = 0;
  std::vector<std::uint32_t> columns_ = {0};  // of each level's lines in the source
  std::vector<Bracket> brackets_;
  TokenKind previous_ = kNewline;
  bool glue_ = true;           // the next token stands next to this one
  bool opened_block_ = false;  // the last logical line ends with a ':'
};

}  // namespace

std::expected<std::string, std::vector<Diagnostic>> format_source(std::string source,
                                                                  std::string filename) {
  const auto program = Program::compile(
      source,
      {.filename = std::move(filename), .max_source_bytes = source.size(), .parse_only = true});
  if (!program) return std::unexpected(program.error());
  return Formatter(source).run();
}

}  // namespace larkspur::starlark
