#include "starlark/syntax/parser.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "starlark/syntax/parser_impl.h"
#include "starlark/syntax/teaching.h"

namespace larkspur::starlark {

Function* parse(std::string_view source, Names& names, Arena& tree, Arena& texts, Errors& errors,
                const ParseOptions& options) {
  return Parser(source, names, tree, texts, errors, options).parse_script();
}

// --- tokens and errors ---

void Parser::advance() {
  last_end_ = token_.end;
  token_ = lexer_.next();
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

std::uint32_t Parser::expect(TokenKind kind) {
  const std::uint32_t offset = token_.offset;
  if (at(kind)) {
    advance();
    return offset;
  }
  if (at(TokenKind::kReserved)) {
    fail_reserved();
  } else {
    const auto hint = hint_for_unexpected(token_.kind, kind, source_.substr(offset));
    fail(offset,
         "got " + std::string(to_string(token_.kind)) + ", want " + std::string(to_string(kind)),
         hint);
  }
  return offset;
}

NameId Parser::expect_name() {
  const Token name = token_;
  if (!at(TokenKind::kIdentifier)) {
    fail(token_.offset, "not an identifier",
         at(TokenKind::kReserved) || to_string(token_.kind)[0] >= 'a'
             ? "this word has a meaning of its own; choose another name"
             : "");
  }
  advance();
  return name.name;
}

void Parser::fail(std::uint32_t offset, std::string message, std::string_view hint) {
  // The lexer may have failed already: then that is the error.
  if (!failed_ && !lexer_.failed()) errors_.add(offset, std::move(message), std::string(hint));
  failed_ = true;
  lexer_.stop();
  token_ = {.kind = TokenKind::kEndOfFile, .offset = offset, .end = offset, .name = 0};
}

void Parser::complain(std::uint32_t offset, std::string message, std::string_view hint) {
  if (failed_ || options_.syntax_only) return;
  errors_.add(offset, std::move(message), std::string(hint));
}

void Parser::fail_reserved() {
  const std::string_view word = lexer_.text(token_);
  fail(token_.offset, std::string(word) + " is not supported", hint_for_reserved(word));
}

// After an error, goes on with the next statement of the script's top level, so that several
// mistakes are told at once. False where there is none, or no error.
bool Parser::recover() {
  if (!(failed_ || lexer_.failed()) || options_.strict || errors_.full()) return false;
  if (errors_.items().back().message == kEndInString) return false;
  std::size_t line = errors_.items().back().offset;
  const auto begins_statement = [this](std::size_t begin) {
    const std::string_view text = source_.substr(begin);
    // What begins with something else than a word is part of what is broken already, as are these:
    if (text.empty() || (text[0] != '_' && !std::isalpha(static_cast<unsigned char>(text[0]))))
      return false;
    return std::ranges::none_of(
        std::array<std::string_view, 4>{"elif", "else", "except", "finally"},
        [&](std::string_view word) { return text.starts_with(word); });
  };
  do {
    line = source_.find('\n', line);
    if (line == std::string_view::npos) return false;
    ++line;
  } while (!begins_statement(line));
  lexer_.restart(static_cast<std::uint32_t>(line));
  failed_ = false;
  advance();
  return true;
}

Parser::Nest::Nest(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxDepth) {
    parser_.fail(parser_.token_.offset,
                 "nested too deeply: the limit is " + std::to_string(kMaxDepth),
                 "give the inner parts names, or move them into functions");
  }
}

// --- statements ---

Function* Parser::parse_script() {
  Gather<Assigned> assigned(assigned_);
  Gather<Stmt*> body(stmts_);
  advance();
  bool failed = false;
  do {
    while (!at(TokenKind::kEndOfFile)) parse_statement(body);
    failed = failed || failed_ || lexer_.failed();
  } while (recover());
  if (failed) return nullptr;
  return make(Function{.offset = options_.begin,
                       .name = "<toplevel>",
                       .assigned = assigned.finish(arena_),
                       .body = body.finish(arena_)});
}

void Parser::parse_statement(Gather<Stmt*>& out) {
  switch (token_.kind) {
    case TokenKind::kDef:
      return out.add(parse_def());
    case TokenKind::kIf:
      return out.add(parse_if());
    case TokenKind::kFor:
      return out.add(parse_for());
    case TokenKind::kWhile:
      return out.add(parse_while());
    case TokenKind::kIndent:
      return fail(token_.offset, "unexpected indent", "only a line after ':' is indented further");
    case TokenKind::kElif:
    case TokenKind::kElse:
      return fail(token_.offset, "got " + std::string(to_string(token_.kind)) + " without if",
                  "it must be indented like its if");
    default:
      return parse_simple_statements(out);
  }
}

void Parser::parse_simple_statements(Gather<Stmt*>& out) {
  do {
    if (at(TokenKind::kNewline)) break;
    out.add(parse_simple_statement());
  } while (accept(TokenKind::kSemicolon));
  if (!at(TokenKind::kEndOfFile) || failed_) expect(TokenKind::kNewline);
}

Stmt* Parser::parse_simple_statement() {
  const std::uint32_t offset = token_.offset;
  const auto word = [&](StmtKind kind) {
    advance();
    return make(Stmt{kind, offset});
  };
  switch (token_.kind) {
    case TokenKind::kReturn: {
      advance();
      const bool bare =
          at(TokenKind::kNewline) || at(TokenKind::kSemicolon) || at(TokenKind::kEndOfFile);
      return make(ValueStmt{{StmtKind::kReturn, offset}, bare ? nullptr : parse_expression()});
    }
    case TokenKind::kBreak:
      return word(StmtKind::kBreak);
    case TokenKind::kContinue:
      return word(StmtKind::kContinue);
    case TokenKind::kPass:
      return word(StmtKind::kPass);
    case TokenKind::kLoad:
      return parse_load();
    default:
      return parse_expression_statement();
  }
}

Stmt* Parser::parse_expression_statement() {
  Expr* expr = parse_expression();
  using enum TokenKind;
  switch (token_.kind) {
    case kAssign:
      return parse_assignment(expr);
    case kPlusAssign:
      return parse_augmented(expr, kPlus);
    case kMinusAssign:
      return parse_augmented(expr, kMinus);
    case kStarAssign:
      return parse_augmented(expr, kStar);
    case kSlashAssign:
      return parse_augmented(expr, kSlash);
    case kSlashSlashAssign:
      return parse_augmented(expr, kSlashSlash);
    case kPercentAssign:
      return parse_augmented(expr, kPercent);
    case kAmpersandAssign:
      return parse_augmented(expr, kAmpersand);
    case kPipeAssign:
      return parse_augmented(expr, kPipe);
    case kCaretAssign:
      return parse_augmented(expr, kCaret);
    case kLessLessAssign:
      return parse_augmented(expr, kLessLess);
    case kGreaterGreaterAssign:
      return parse_augmented(expr, kGreaterGreater);
    default:
      break;
  }
  const bool annotatable = expr->kind == ExprKind::kName || expr->kind == ExprKind::kDot ||
                           expr->kind == ExprKind::kIndex;
  if (at(kColon) && annotatable && !options_.strict &&
      !source_.substr(token_.offset).starts_with(":=")) {
    advance();
    parse_test();  // a type: accepted, and means nothing
    if (at(kAssign)) return parse_assignment(expr);
    return make(Stmt{StmtKind::kPass, expr->offset});
  }
  return make(ValueStmt{{StmtKind::kExpr, expr->offset}, expr});
}

Stmt* Parser::parse_assignment(Expr* target) {
  const std::uint32_t offset = expect(TokenKind::kAssign);
  Expr* value = parse_expression();
  bind(target);
  return make(AssignStmt{{StmtKind::kAssign, offset}, target, value});
}

Stmt* Parser::parse_augmented(Expr* target, TokenKind op) {
  const std::uint32_t offset = token_.offset;
  advance();
  Expr* value = parse_expression();
  if (target->kind == ExprKind::kTuple || target->kind == ExprKind::kList) {
    const std::string kind = target->kind == ExprKind::kTuple ? "tuple" : "list";
    complain(begin_of(target), "can't use " + kind + " expression in augmented assignment",
             "assign one variable at a time");
  } else {
    bind(target);
  }
  return make(AugmentedStmt{{StmtKind::kAugmented, offset}, op, target, value});
}

// Notes the names that an assignment to `target` binds.
void Parser::bind(Expr* target) {
  switch (target->kind) {
    case ExprKind::kName:
      return bind_name(static_cast<NameExpr*>(target)->name);
    case ExprKind::kIndex:
    case ExprKind::kDot:
    case ExprKind::kBad:
      return;
    case ExprKind::kList:
    case ExprKind::kTuple:
      for (Expr* item : static_cast<SequenceExpr*>(target)->items) bind(item);
      return;
    default:
      break;
  }
  static constexpr std::string_view kKinds[] = {
      "name",       "literal",    "literal",    "literal",    "literal",       "literal",
      "f-string",   "list",       "tuple",      "dictexpr",   "comprehension", "unaryexpr",
      "binaryexpr", "binaryexpr", "binaryexpr", "condexpr",   "lambdaexpr",    "callexpr",
      "index",      "sliceexpr",  "dot",        "expression",
  };
  complain(begin_of(target),
           "can't assign to " + std::string(kKinds[static_cast<std::size_t>(target->kind)]),
           "left of = stands a name, x[i], x.field, or several of them");
}

void Parser::bind_name(NameId name) {
  assigned_.push_back({name, token_.offset, branch_depth_ == 0});
}

Stmt* Parser::parse_if() {
  const std::uint32_t offset = token_.offset;
  Gather<IfBranch> branches(branches_);
  do {
    advance();
    Expr* condition = parse_test();
    branches.add({condition, parse_branch()});
  } while (at(TokenKind::kElif));
  const bool has_else = accept(TokenKind::kElse);
  const Block otherwise = has_else ? parse_branch() : Block();
  return make(IfStmt{{StmtKind::kIf, offset}, branches.finish(arena_), otherwise, has_else});
}

Stmt* Parser::parse_for() {
  const std::uint32_t offset = token_.offset;
  advance();
  Expr* target = parse_loop_target();
  expect(TokenKind::kIn);
  Expr* iterable = parse_expression();
  ++branch_depth_;
  bind(target);
  --branch_depth_;
  const Block body = parse_branch();
  reject_loop_else();
  return make(ForStmt{{StmtKind::kFor, offset}, target, iterable, body});
}

Stmt* Parser::parse_while() {
  const std::uint32_t offset = token_.offset;
  advance();
  Expr* condition = parse_test();
  const Block body = parse_branch();
  reject_loop_else();
  return make(WhileStmt{{StmtKind::kWhile, offset}, condition, body});
}

void Parser::reject_loop_else() {
  if (at(TokenKind::kElse)) {
    fail(token_.offset, "a loop has no else",
         "set a variable before break, and test it after the loop");
  }
}

Stmt* Parser::parse_def() {
  const Nest nest(*this);
  const std::uint32_t offset = token_.offset;
  advance();
  const Token name_token = token_;
  const NameId name = expect_name();
  expect(TokenKind::kLeftParen);
  const auto parameters = parse_parameters(TokenKind::kRightParen, true);
  expect(TokenKind::kRightParen);
  if (!options_.strict && accept(TokenKind::kArrow))
    parse_test();  // a type: accepted, and means nothing

  Function* function = make(Function{.offset = offset,
                                     .name = failed_ ? std::string_view() : names_.text(name),
                                     .parameters = parameters});
  {
    Gather<Assigned> assigned(assigned_);
    const int branch_depth = std::exchange(branch_depth_, 0);
    function->body = parse_block();
    branch_depth_ = branch_depth;
    function->assigned = assigned.finish(arena_);
  }
  bind_name(name);
  NameExpr* binding = make(NameExpr{{ExprKind::kName, name_token.offset}, name});
  return make(DefStmt{{StmtKind::kDef, offset}, binding, function});
}

// load("module", "name", mine="name")
Stmt* Parser::parse_load() {
  LoadStmt load{{StmtKind::kLoad, token_.offset}, {}, 0, {}};
  advance();
  const std::uint32_t bracket = expect(TokenKind::kLeftParen);
  if (!at(TokenKind::kString) && !failed_) {
    fail(token_.offset, "first operand of load statement must be a string literal");
  }
  load.module_offset = token_.offset;
  load.module = parse_plain_string();
  Gather<LoadItem> items(loads_);
  while (!at(TokenKind::kRightParen) && !at(TokenKind::kEndOfFile)) {
    expect(TokenKind::kComma);
    if (at(TokenKind::kRightParen)) break;
    items.add(parse_load_item());
  }
  if (items.size() == 0) fail(bracket, "load statement must import at least 1 symbol");
  expect(TokenKind::kRightParen);
  load.items = items.finish(arena_);
  return make(load);
}

LoadItem Parser::parse_load_item() {
  const Token first = token_;
  if (at(TokenKind::kString)) {
    const std::string_view name = parse_plain_string();
    NameExpr* variable = make(NameExpr{{ExprKind::kName, first.offset}, names_.intern(name)});
    bind(variable);
    return {variable, name, first.offset};
  }
  if (!at(TokenKind::kIdentifier)) {
    fail(first.offset, "load operand must be \"name\" or localname=\"name\" (got " +
                           std::string(to_string(first.kind)) + ")");
    return {};
  }
  const std::string name(lexer_.text(first));
  advance();
  if (!accept(TokenKind::kAssign)) {
    fail(token_.offset, "load operand must be \"" + name + "\" or " + name +
                            "=\"originalname\" (want '=' after " + name + ")");
  } else if (!at(TokenKind::kString)) {
    fail(token_.offset,
         "original name of loaded symbol must be quoted: " + name + "=\"originalname\"");
  }
  const std::uint32_t offset = token_.offset;
  const std::string_view original = parse_plain_string();
  NameExpr* variable = make(NameExpr{{ExprKind::kName, first.offset}, first.name});
  bind(variable);
  return {variable, original, offset};
}

// The text of the string literal that comes next; "" after an error.
std::string_view Parser::parse_plain_string() {
  if (!at(TokenKind::kString)) return {};
  return static_cast<TextExpr*>(parse_string())->text;
}

Block Parser::parse_branch() {
  ++branch_depth_;
  const Block block = parse_block();
  --branch_depth_;
  return block;
}

Block Parser::parse_block() {
  const Nest nest(*this);
  expect(TokenKind::kColon);
  Gather<Stmt*> body(stmts_);
  if (!accept(TokenKind::kNewline)) {
    parse_simple_statements(body);
    return body.finish(arena_);
  }
  expect(TokenKind::kIndent);
  while (!at(TokenKind::kOutdent) && !at(TokenKind::kEndOfFile)) parse_statement(body);
  accept(TokenKind::kOutdent);
  return body.finish(arena_);
}

}  // namespace larkspur::starlark
