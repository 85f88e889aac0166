// Expressions, from the loosest binding (a lambda, a conditional) to the tightest (a literal).
#include <string>

#include "starlark/syntax/literals.h"
#include "starlark/syntax/parser_impl.h"
#include "starlark/syntax/teaching.h"

namespace larkspur::starlark {
namespace {

// The precedence of an arithmetic operator, 0 for other tokens. All associate to the left.
int precedence(TokenKind kind) {
  using enum TokenKind;
  switch (kind) {
    case kPipe:
      return 1;
    case kCaret:
      return 2;
    case kAmpersand:
      return 3;
    case kLessLess:
    case kGreaterGreater:
      return 4;
    case kPlus:
    case kMinus:
      return 5;
    case kStar:
    case kSlash:
    case kSlashSlash:
    case kPercent:
      return 6;
    default:
      return 0;
  }
}

bool is_string(TokenKind kind) {
  return kind == TokenKind::kString || kind == TokenKind::kBytes || kind == TokenKind::kFString;
}

}  // namespace

std::uint32_t begin_of(Expr* expr) {
  for (;;) {
    Expr* left = left_of(expr);
    if (expr->kind == ExprKind::kCompare) left = static_cast<CompareExpr*>(expr)->left;
    if (expr->kind == ExprKind::kLogical) left = static_cast<LogicalExpr*>(expr)->operands[0];
    if (expr->kind == ExprKind::kConditional) left = static_cast<ConditionalExpr*>(expr)->then;
    if (left == nullptr) return expr->offset;
    expr = left;
  }
}

Expr* Parser::parse_expression(bool in_parens) {
  Expr* first = parse_test();
  if (!at(TokenKind::kComma)) return first;
  const std::uint32_t offset = begin_of(first);
  Gather<Expr*> items(exprs_);
  items.add(first);
  while (at(TokenKind::kComma)) {
    const std::uint32_t comma = token_.offset;
    advance();
    const bool ends = at(TokenKind::kRightParen) || at(TokenKind::kAssign) ||
                      at(TokenKind::kNewline) || at(TokenKind::kEndOfFile) ||
                      at(TokenKind::kSemicolon);
    if (ends && in_parens) break;
    if (ends) {
      fail(comma, "unparenthesized tuple with trailing comma",
           "write (x,) for a tuple of one element");
      break;
    }
    items.add(parse_test());
  }
  return make(SequenceExpr{{ExprKind::kTuple, offset}, items.finish(arena_)});
}

Expr* Parser::parse_test() {
  const Nest nest(*this);
  if (at(TokenKind::kLambda)) return parse_lambda(true);
  Expr* then = parse_or();
  if (!at(TokenKind::kIf)) return then;
  const std::uint32_t offset = token_.offset;
  advance();
  Expr* condition = parse_or();
  if (!accept(TokenKind::kElse)) {
    fail(offset, "conditional expression without else clause", "write a if condition else b");
    return bad();
  }
  return make(ConditionalExpr{{ExprKind::kConditional, offset}, condition, then, parse_test()});
}

Expr* Parser::parse_test_without_conditional() {
  const Nest nest(*this);
  return at(TokenKind::kLambda) ? parse_lambda(false) : parse_or();
}

Expr* Parser::parse_or() {
  Expr* first = parse_and();
  if (!at(TokenKind::kOr)) return first;
  const std::uint32_t offset = token_.offset;
  Gather<Expr*> operands(exprs_);
  operands.add(first);
  while (accept(TokenKind::kOr)) operands.add(parse_and());
  return make(LogicalExpr{{ExprKind::kLogical, offset}, false, operands.finish(arena_)});
}

Expr* Parser::parse_and() {
  Expr* first = parse_not();
  if (!at(TokenKind::kAnd)) return first;
  const std::uint32_t offset = token_.offset;
  Gather<Expr*> operands(exprs_);
  operands.add(first);
  while (accept(TokenKind::kAnd)) operands.add(parse_not());
  return make(LogicalExpr{{ExprKind::kLogical, offset}, true, operands.finish(arena_)});
}

Expr* Parser::parse_not() {
  if (!at(TokenKind::kNot)) return parse_comparison();
  const Nest nest(*this);
  const std::uint32_t offset = token_.offset;
  advance();
  return make(UnaryExpr{{ExprKind::kUnary, offset}, TokenKind::kNot, parse_not()});
}

// a < b <= c means a < b and b <= c, with b evaluated once.
Expr* Parser::parse_comparison() {
  Expr* left = parse_binary(1);
  ComparePart part;
  if (!parse_comparison_operator(part)) return left;
  const std::uint32_t offset = part.offset;
  Gather<ComparePart> parts(compares_);
  do {
    const bool is_none = part.op == Comparison::kIsNone || part.op == Comparison::kIsNotNone;
    part.right = is_none ? nullptr : parse_binary(1);
    parts.add(part);
    if (is_none) break;
    if (options_.strict) {
      reject_chain(part.offset);
      break;
    }
  } while (parse_comparison_operator(part));
  return make(CompareExpr{{ExprKind::kCompare, offset}, left, parts.finish(arena_)});
}

// starlark-go takes no a < b < c. `first` is where its first operator stands.
void Parser::reject_chain(std::uint32_t first) {
  const auto word = [this](std::uint32_t offset) -> std::string {
    const std::string_view text = source_.substr(offset);
    if (text.starts_with("not")) return "not in";
    const bool letters = text.starts_with("in");
    return std::string(text.substr(0, letters || text.substr(1, 1) == "=" ? 2 : 1));
  };
  ComparePart second;
  if (!parse_comparison_operator(second)) return;
  fail(second.offset,
       word(first) + " does not associate with " + word(second.offset) + " (use parens)");
}

bool Parser::parse_comparison_operator(ComparePart& part) {
  using enum TokenKind;
  part.offset = token_.offset;
  const TokenKind kind = token_.kind;
  switch (kind) {
    case kEqual:
      part.op = Comparison::kEqual;
      break;
    case kNotEqual:
      part.op = Comparison::kNotEqual;
      break;
    case kLess:
      part.op = Comparison::kLess;
      break;
    case kLessEqual:
      part.op = Comparison::kLessEqual;
      break;
    case kGreater:
      part.op = Comparison::kGreater;
      break;
    case kGreaterEqual:
      part.op = Comparison::kGreaterEqual;
      break;
    case kIn:
      part.op = Comparison::kIn;
      break;
    case kNot:
      part.op = Comparison::kNotIn;
      break;
    case kIs:
      if (options_.strict) return false;
      part.op = Comparison::kIsNone;
      break;
    default:
      return false;
  }
  advance();
  if (kind == kNot && !accept(kIn)) {
    fail(token_.offset, "got " + std::string(to_string(token_.kind)) + ", want in",
         "write x not in xs, or not x");
  }
  if (kind == kIs) {
    if (accept(kNot)) part.op = Comparison::kIsNotNone;
    if (!at(kIdentifier) || lexer_.text(token_) != "None") {
      fail(part.offset, "is compares with None only", "compare with == or !=");
    }
    advance();
  }
  return true;
}

Expr* Parser::parse_binary(int least_precedence) {
  Expr* left = parse_unary();
  for (;;) {
    const TokenKind op = token_.kind;
    const int strength = precedence(op);
    if (strength < least_precedence) return left;
    const std::uint32_t offset = token_.offset;
    advance();
    Expr* right = parse_binary(strength + 1);
    left = make(BinaryExpr{{ExprKind::kBinary, offset}, op, left, right});
  }
}

Expr* Parser::parse_unary() {
  if (!at(TokenKind::kMinus) && !at(TokenKind::kPlus) && !at(TokenKind::kTilde))
    return parse_suffixed();
  const Nest nest(*this);
  const Token op = token_;
  advance();
  return make(UnaryExpr{{ExprKind::kUnary, op.offset}, op.kind, parse_unary()});
}

Expr* Parser::parse_suffixed() {
  Expr* expr = parse_primary();
  for (;;) {
    const std::uint32_t offset = token_.offset;
    switch (token_.kind) {
      case TokenKind::kDot: {
        advance();
        if (at(TokenKind::kReserved))
          fail(token_.offset, "not an identifier", "this word is reserved");
        const NameId name = expect_name();
        expr = make(DotExpr{{ExprKind::kDot, offset}, expr, name});
        break;
      }
      case TokenKind::kLeftParen: {
        const auto arguments = parse_arguments();
        expr = make(CallExpr{{ExprKind::kCall, offset}, expr, arguments});
        break;
      }
      case TokenKind::kLeftBracket:
        expr = parse_subscript(expr);
        break;
      case TokenKind::kStarStar:
        fail(offset, "there is no ** operator", "use pow(x, y), or x * x");
        return expr;
      default:
        return expr;
    }
  }
}

// x[i], x[i, j], x[low:high:step]
Expr* Parser::parse_subscript(Expr* object) {
  const std::uint32_t offset = expect(TokenKind::kLeftBracket);
  Expr* first = at(TokenKind::kColon) ? nullptr : parse_expression();
  if (first != nullptr && !at(TokenKind::kColon)) {
    expect(TokenKind::kRightBracket);
    return make(IndexExpr{{ExprKind::kIndex, offset}, object, first});
  }
  const auto bound = [this]() -> Expr* {
    if (!accept(TokenKind::kColon)) return nullptr;
    return at(TokenKind::kColon) || at(TokenKind::kRightBracket) ? nullptr : parse_test();
  };
  Expr* high = bound();
  Expr* step = bound();
  expect(TokenKind::kRightBracket);
  return make(SliceExpr{{ExprKind::kSlice, offset}, object, first, high, step});
}

Expr* Parser::parse_primary() {
  const Token token = token_;
  switch (token.kind) {
    case TokenKind::kIdentifier:
      advance();
      if (is_string(token_.kind) && token_.offset == token.end) {
        fail(token.offset, "unknown string prefix", R"(strings begin with ", ', r", b" or f")");
      }
      return make(NameExpr{{ExprKind::kName, token.offset}, token.name});
    case TokenKind::kInt:
    case TokenKind::kFloat:
      return parse_number();
    case TokenKind::kString:
    case TokenKind::kBytes: {
      Expr* text = parse_string();
      reject_adjacent_string();
      return text;
    }
    case TokenKind::kFString: {
      Expr* text = parse_fstring();
      reject_adjacent_string();
      return text;
    }
    case TokenKind::kLeftParen:
      return parse_parens();
    case TokenKind::kLeftBracket:
      return parse_list();
    case TokenKind::kLeftBrace:
      return parse_dict();
    case TokenKind::kReserved:
      fail_reserved();
      return bad();
    default:
      break;
  }
  fail(token.offset, "got " + std::string(to_string(token.kind)) + ", want primary expression",
       hint_for_operand(token.kind, source_.substr(0, token.offset)));
  return bad();
}

Expr* Parser::parse_number() {
  const std::uint32_t offset = token_.offset;
  const Number number = decode_number(lexer_.text(token_), texts_);
  switch (number.kind) {
    case Number::Kind::kInt:
      advance();
      return make(IntExpr{{ExprKind::kInt, offset}, number.integer});
    case Number::Kind::kBigInt:
      advance();
      return make_text(ExprKind::kBigInt, offset, number.digits);
    case Number::Kind::kFloat:
      advance();
      return make(FloatExpr{{ExprKind::kFloat, offset}, number.real});
    case Number::Kind::kInvalid:
      break;
  }
  fail(offset, "floating-point literal too large", "write float(\"inf\") for infinity");
  return bad();
}

Expr* Parser::parse_string() {
  const std::string_view literal = lexer_.text(token_);
  const std::size_t prefix = literal.find_first_of("\"'");
  const std::string_view quoted = literal.substr(prefix);
  const std::size_t quotes =
      quoted.size() >= 6 && quoted[1] == quoted[0] && quoted[2] == quoted[0] ? 3 : 1;
  const bool raw = literal.substr(0, prefix).find_first_of("rR") != std::string_view::npos;
  const std::uint32_t offset = token_.offset;
  const bool bytes = at(TokenKind::kBytes);
  const auto text =
      decode_string(quoted.substr(quotes, quoted.size() - 2 * quotes), {raw, bytes},
                    offset + static_cast<std::uint32_t>(prefix + quotes), texts_, errors_);
  if (!text) {
    // decode_string has told the reason.
    failed_ = true;
    lexer_.stop();
  }
  advance();
  return make_text(bytes ? ExprKind::kBytes : ExprKind::kString, offset, text.value_or(""));
}

void Parser::reject_adjacent_string() {
  if (is_string(token_.kind)) {
    fail(token_.offset, "adjacent string literals are not joined", "write + between them");
  }
}

Expr* Parser::parse_parens() {
  const std::uint32_t offset = expect(TokenKind::kLeftParen);
  if (accept(TokenKind::kRightParen)) return make(SequenceExpr{{ExprKind::kTuple, offset}, {}});
  Expr* inner = parse_expression(true);
  if (at(TokenKind::kFor)) {
    fail(token_.offset, "there are no generator expressions", "write [x for x in xs] for a list");
  }
  expect(TokenKind::kRightParen);
  return inner;
}

Expr* Parser::parse_list() {
  const std::uint32_t offset = expect(TokenKind::kLeftBracket);
  Gather<Expr*> items(exprs_);
  while (!at(TokenKind::kRightBracket) && !at(TokenKind::kEndOfFile)) {
    items.add(parse_test());
    if (at(TokenKind::kFor) && items.size() == 1) {
      Expr* list = parse_comprehension(offset, nullptr, items.items()[0], TokenKind::kRightBracket);
      expect(TokenKind::kRightBracket);
      return list;
    }
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightBracket);
  return make(SequenceExpr{{ExprKind::kList, offset}, items.finish(arena_)});
}

Expr* Parser::parse_dict() {
  const std::uint32_t offset = expect(TokenKind::kLeftBrace);
  Gather<Expr*> items(exprs_);
  while (!at(TokenKind::kRightBrace) && !at(TokenKind::kEndOfFile)) {
    Expr* key = parse_test();
    const bool set = at(TokenKind::kComma) || at(TokenKind::kRightBrace) || at(TokenKind::kFor);
    if (set) {
      fail(token_.offset, "got " + std::string(to_string(token_.kind)) + ", want ':'",
           "there are no set displays; write set([a, b])");
    }
    expect(TokenKind::kColon);
    Expr* value = parse_test();
    if (at(TokenKind::kFor) && items.size() == 0) {
      Expr* dict = parse_comprehension(offset, key, value, TokenKind::kRightBrace);
      expect(TokenKind::kRightBrace);
      return dict;
    }
    items.add(key);
    items.add(value);
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightBrace);
  return make(SequenceExpr{{ExprKind::kDict, offset}, items.finish(arena_)});
}

// The variables of a for: names, elements, fields, or several with commas.
Expr* Parser::parse_loop_target() {
  const std::uint32_t offset = token_.offset;
  Expr* first = parse_suffixed();
  if (!at(TokenKind::kComma)) return first;
  Gather<Expr*> items(exprs_);
  items.add(first);
  while (accept(TokenKind::kComma) && !at(TokenKind::kIn)) items.add(parse_suffixed());
  return make(SequenceExpr{{ExprKind::kTuple, offset}, items.finish(arena_)});
}

// After the element; up to the closing bracket, which stays.
Expr* Parser::parse_comprehension(std::uint32_t offset, Expr* key, Expr* body, TokenKind closer) {
  Gather<ComprehensionClause> clauses(clauses_);
  for (;;) {
    const std::uint32_t clause = token_.offset;
    if (accept(TokenKind::kFor)) {
      Expr* target = parse_loop_target();
      Gather<Assigned> ignored(assigned_);  // the comprehension has names of its own
      bind(target);
      expect(TokenKind::kIn);
      clauses.add({clause, target, parse_or()});
    } else if (accept(TokenKind::kIf)) {
      clauses.add({clause, nullptr, parse_test_without_conditional()});
    } else {
      break;
    }
  }
  if (!at(closer)) {
    fail(token_.offset, "got " + std::string(to_string(token_.kind)) + ", want " +
                            std::string(to_string(closer)) + ", for, or if");
  }
  return make(ComprehensionExpr{
      {ExprKind::kComprehension, offset}, key != nullptr, key, body, clauses.finish(arena_)});
}

}  // namespace larkspur::starlark
