#include <algorithm>
#include <limits>
#include <utility>

#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {
namespace {

bool is_number(const Expr* expr) {
  return expr->kind == ExprKind::kInt || expr->kind == ExprKind::kFloat;
}

// The instruction whose right operand is a number in the constants.
std::optional<Op> with_number(TokenKind op) {
  switch (op) {
    case TokenKind::kPlus:
      return Op::kAddConst;
    case TokenKind::kMinus:
      return Op::kSubConst;
    case TokenKind::kStar:
      return Op::kMulConst;
    case TokenKind::kSlash:
      return Op::kDivConst;
    case TokenKind::kSlashSlash:
      return Op::kFloorDivConst;
    case TokenKind::kPercent:
      return Op::kModConst;
    case TokenKind::kAmpersand:
      return Op::kBitAndConst;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::int16_t> small_int(const Expr* expr) {
  std::int64_t sign = 1;
  if (expr->kind == ExprKind::kUnary) {
    const auto* unary = static_cast<const UnaryExpr*>(expr);
    if (unary->op != TokenKind::kMinus) return std::nullopt;
    expr = unary->operand;
    sign = -1;
  }
  if (expr->kind != ExprKind::kInt) return std::nullopt;
  const std::int64_t value = static_cast<const IntExpr*>(expr)->value * sign;
  if (!std::in_range<std::int16_t>(value)) return std::nullopt;
  return static_cast<std::int16_t>(value);
}

std::optional<Constant> literal(const Expr* expr) {
  using Kind = Constant::Kind;
  const auto text = [expr] { return static_cast<const TextExpr*>(expr)->text; };
  switch (expr->kind) {
    case ExprKind::kInt:
      return Constant{.kind = Kind::kInt, .integer = static_cast<const IntExpr*>(expr)->value};
    case ExprKind::kFloat:
      return Constant{.kind = Kind::kFloat, .real = static_cast<const FloatExpr*>(expr)->value};
    case ExprKind::kBigInt:
      return Constant{.kind = Kind::kBigInt, .text = text()};
    case ExprKind::kString:
      return Constant{.kind = Kind::kString, .text = text()};
    case ExprKind::kBytes:
      return Constant{.kind = Kind::kBytes, .text = text()};
    default:
      return std::nullopt;
  }
}

bool is_none(const Expr* expr) {
  return expr->kind == ExprKind::kName &&
         static_cast<const NameExpr*>(expr)->binding->kind == Binding::Kind::kNone;
}

Register FunctionCompiler::operand(Expr* expr) {
  if (const auto variable = direct(expr)) {
    check_bound(static_cast<NameExpr*>(expr)->binding, expr->offset);
    return *variable;
  }
  return to_temporary(expr);
}

Register FunctionCompiler::to_temporary(Expr* expr) {
  const Register result = emitter_.allocate();
  to(result, expr);
  return result;
}

// Expressions that write their result before they have read everything.
bool FunctionCompiler::writes_early(const Expr* expr) const {
  switch (expr->kind) {
    case ExprKind::kLogical:
    case ExprKind::kDict:
    case ExprKind::kComprehension:
      return true;
    case ExprKind::kList:
      return static_cast<const SequenceExpr*>(expr)->items.size() > kMostDisplayRegisters;
    default:
      return false;
  }
}

void FunctionCompiler::to(Register result, Expr* expr) {
  const Temporaries temporaries(emitter_);
  if (result < scope_->local_count && writes_early(expr)) {
    const Register temporary = emitter_.allocate();
    evaluate(temporary, expr);
    emitter_.emit(Op::kMove, result, temporary);
  } else {
    evaluate(result, expr);
  }
}

void FunctionCompiler::evaluate(Register result, Expr* expr) {
  emitter_.at(expr->offset);
  switch (expr->kind) {
    case ExprKind::kName:
      return load_name(result, static_cast<NameExpr*>(expr));
    case ExprKind::kInt:
    case ExprKind::kBigInt:
    case ExprKind::kFloat:
    case ExprKind::kBytes:
      return load_constant(result, *literal(expr));
    case ExprKind::kString:
      return load_string(result, static_cast<TextExpr*>(expr)->text);
    case ExprKind::kFString:
      return fstring(result, static_cast<FStringExpr*>(expr));
    case ExprKind::kList:
      return list(result, static_cast<SequenceExpr*>(expr));
    case ExprKind::kTuple:
      return tuple(result, static_cast<SequenceExpr*>(expr));
    case ExprKind::kDict:
      return dict(result, static_cast<SequenceExpr*>(expr));
    case ExprKind::kComprehension:
      return comprehension(result, static_cast<ComprehensionExpr*>(expr));
    case ExprKind::kUnary:
      return unary(result, static_cast<UnaryExpr*>(expr));
    case ExprKind::kCompare:
      return compare(result, static_cast<CompareExpr*>(expr));
    case ExprKind::kLogical:
      return logical(result, static_cast<LogicalExpr*>(expr));
    case ExprKind::kConditional:
      return conditional(result, static_cast<ConditionalExpr*>(expr));
    case ExprKind::kLambda:
      return function_value(result, static_cast<LambdaExpr*>(expr)->function);
    case ExprKind::kBinary:
    case ExprKind::kCall:
    case ExprKind::kIndex:
    case ExprKind::kSlice:
    case ExprKind::kDot:
      return chain(result, expr);
    case ExprKind::kBad:
      return;
  }
}

// --- chains ---

// x.f(1)[2] + 3 ...: from the leftmost operand to the right. The value so far is in `left`: the
// first time perhaps a variable, then the temporary `base`, and in the end `result`. A method call
// is one link.
void FunctionCompiler::chain(Register result, Expr* expr) {
  const std::size_t begin = links_.size();
  Expr* leftmost = expr;
  while (Expr* left = left_of(leftmost)) {
    links_.push_back(leftmost);
    const bool method = leftmost->kind == ExprKind::kCall && left->kind == ExprKind::kDot;
    leftmost = method ? left_of(left) : left;
  }

  const auto variable = direct(leftmost);
  const bool in_place = variable && links_.back()->kind != ExprKind::kCall;
  const bool own = result >= scope_->local_count && result + 1 == emitter_.top();
  const bool needs_base = !own && (!in_place || links_.size() > begin + 1);
  const Register base = needs_base ? emitter_.allocate() : result;
  Register left = base;
  if (in_place) {
    check_bound(static_cast<NameExpr*>(leftmost)->binding, leftmost->offset);
    left = *variable;
  } else {
    to(base, leftmost);
  }
  while (links_.size() > begin) {
    Expr* next = links_.back();
    links_.pop_back();
    const Register target = links_.size() == begin ? result : base;
    const Temporaries temporaries(emitter_);
    link(target, left, base, next);
    left = target;
  }
}

// One link. A call finds its callee or receiver in `base`, with nothing above it.
void FunctionCompiler::link(Register result, Register left, Register base, Expr* expr) {
  emitter_.at(expr->offset);
  switch (expr->kind) {
    case ExprKind::kBinary:
      return binary(result, left, static_cast<BinaryExpr*>(expr));
    case ExprKind::kCall:
      return call(result, base, static_cast<CallExpr*>(expr));
    case ExprKind::kIndex:
      return index(result, left, static_cast<IndexExpr*>(expr));
    case ExprKind::kSlice:
      return slice(result, left, static_cast<SliceExpr*>(expr));
    case ExprKind::kDot:
      return emitter_.emit(Op::kAttribute, result, left,
                           attribute_name(static_cast<DotExpr*>(expr)->name));
    default:
      return;
  }
}

void FunctionCompiler::binary(Register result, Register left, BinaryExpr* expr) {
  arithmetic(expr->op, result, left, expr->right, false);
}

void FunctionCompiler::arithmetic(TokenKind op, Register result, Register left, Expr* right,
                                  bool in_place) {
  const std::uint32_t offset = emitter_.offset();
  if (op == TokenKind::kPlus || op == TokenKind::kMinus) {
    if (const auto number = small_int(right)) {
      const Op with_int = op == TokenKind::kPlus ? Op::kAddInt : Op::kSubInt;
      return emitter_.emit(with_int, result, left, static_cast<std::uint16_t>(*number));
    }
  }
  if (const auto with_constant = with_number(op); with_constant && is_number(right)) {
    const std::uint32_t constant = shared_.constants.number(*literal(right));
    if (constant <= kMostOperands) return emitter_.emit(*with_constant, result, left, constant);
  }
  const Register operand_register = operand(right);
  const auto opcode = [&] {
    switch (op) {
      case TokenKind::kPlus:
        return in_place ? Op::kInplaceAdd : Op::kAdd;
      case TokenKind::kMinus:
        return Op::kSub;
      case TokenKind::kStar:
        return Op::kMul;
      case TokenKind::kSlash:
        return Op::kDiv;
      case TokenKind::kSlashSlash:
        return Op::kFloorDiv;
      case TokenKind::kPercent:
        return Op::kMod;
      case TokenKind::kAmpersand:
        return Op::kBitAnd;
      case TokenKind::kPipe:
        return in_place ? Op::kInplaceOr : Op::kBitOr;
      case TokenKind::kCaret:
        return Op::kBitXor;
      case TokenKind::kLessLess:
        return Op::kShiftLeft;
      default:
        return Op::kShiftRight;
    }
  }();
  emitter_.at(offset);
  emitter_.emit(opcode, result, left, operand_register);
}

void FunctionCompiler::index(Register result, Register object, IndexExpr* expr) {
  if (expr->index->kind == ExprKind::kString) {
    const auto key = shared_.constants.string(static_cast<TextExpr*>(expr->index)->text);
    if (key <= kMostOperands) return emitter_.emit(Op::kIndexConst, result, object, key);
  }
  const Register key = operand(expr->index);
  emitter_.at(expr->offset);
  emitter_.emit(Op::kIndex, result, object, key);
}

void FunctionCompiler::slice(Register result, Register object, SliceExpr* expr) {
  const Register bounds = emitter_.allocate(3);
  Register at = bounds;
  for (Expr* bound : {expr->low, expr->high, expr->step}) {
    if (bound == nullptr) {
      emitter_.emit(Op::kLoadNone, at);
    } else {
      to(at, bound);
    }
    ++at;
  }
  emitter_.at(expr->offset);
  emitter_.emit(Op::kSlice, result, object, bounds);
}

std::size_t FunctionCompiler::attribute_name(NameId name) {
  const std::uint32_t constant = shared_.constants.name(name);
  if (constant > kMostOperands) {
    emitter_.too_large("too many constants: the limit is 65535",
                       "read large data with json.decode");
  }
  return constant;
}

// --- names and literals ---

void FunctionCompiler::load_name(Register result, const NameExpr* name) {
  using Kind = Binding::Kind;
  const Binding* binding = name->binding;
  switch (binding->kind) {
    case Kind::kLocal:
      if (binding->cell) return emitter_.emit(Op::kLoadCell, result, binding->index);
      check_bound(binding, name->offset);
      return emitter_.emit(Op::kMove, result, binding->index);
    case Kind::kFree:
      return emitter_.emit(in_cell(binding) ? Op::kLoadFreeCell : Op::kLoadFree, result,
                           binding->index);
    case Kind::kGlobal:
      return emitter_.emit(Op::kLoadGlobal, result, binding->index, 0, binding->loaded ? 1 : 0);
    case Kind::kPredeclared:
      return emitter_.emit(Op::kLoadPredeclared, result, binding->index);
    case Kind::kUniversal:
      return emitter_.emit(Op::kLoadUniversal, result, binding->index);
    case Kind::kNone:
      return emitter_.emit(Op::kLoadNone, result);
    case Kind::kTrue:
      return emitter_.emit(Op::kLoadTrue, result);
    case Kind::kFalse:
      return emitter_.emit(Op::kLoadFalse, result);
    case Kind::kUndefined:
      return;  // the resolver has complained
  }
}

void FunctionCompiler::check_bound(const Binding* binding, std::uint32_t offset) {
  if (binding->comprehension != nullptr || flow_.is_bound(binding->index)) return;
  emitter_.at(offset);
  const bool global = scope_->parent == nullptr && !binding->loaded;
  emitter_.emit(Op::kCheckBound, binding->index, 0, 0, global ? 1 : 0);
  flow_.bind(binding->index);
}

void FunctionCompiler::load_constant(Register result, const Constant& constant) {
  if (constant.kind == Constant::Kind::kInt && std::in_range<std::int32_t>(constant.integer)) {
    return emitter_.emit_wide(Op::kLoadInt, result, static_cast<std::uint32_t>(constant.integer));
  }
  emitter_.emit_wide(Op::kLoadConst, result, shared_.constants.add(constant));
}

void FunctionCompiler::load_string(Register result, std::string_view text) {
  emitter_.emit_wide(Op::kLoadConst, result, shared_.constants.string(text));
}

// --- operators ---

void FunctionCompiler::unary(Register result, UnaryExpr* expr) {
  if (expr->op == TokenKind::kMinus && expr->operand->kind == ExprKind::kInt) {
    const std::int64_t value = static_cast<IntExpr*>(expr->operand)->value;
    return load_constant(result, {.kind = Constant::Kind::kInt, .integer = -value});
  }
  if (expr->op == TokenKind::kMinus && expr->operand->kind == ExprKind::kFloat) {
    const double value = static_cast<FloatExpr*>(expr->operand)->value;
    return load_constant(result, {.kind = Constant::Kind::kFloat, .real = -value});
  }
  const Register value = operand(expr->operand);
  emitter_.at(expr->offset);
  switch (expr->op) {
    case TokenKind::kMinus:
      return emitter_.emit(Op::kNegate, result, value);
    case TokenKind::kPlus:
      return emitter_.emit(Op::kPlus, result, value);
    case TokenKind::kTilde:
      return emitter_.emit(Op::kInvert, result, value);
    default:
      return emitter_.emit(Op::kNot, result, value);
  }
}

void FunctionCompiler::conditional(Register result, ConditionalExpr* expr) {
  Jumps otherwise;
  Jumps end;
  jump_if(expr->condition, false, otherwise);
  {
    const Flow::Maybe maybe(flow_);
    to(result, expr->then);
    emitter_.jump(end, Op::kJump);
  }
  emitter_.land(otherwise);
  {
    const Flow::Maybe maybe(flow_);
    to(result, expr->otherwise);
  }
  emitter_.land(end);
}

// The value of `a and b` is that of a when a is false, else that of b.
void FunctionCompiler::logical(Register result, LogicalExpr* expr) {
  Jumps end;
  to(result, expr->operands.front());
  const Flow::Maybe maybe(flow_);
  for (Expr* next : expr->operands.subspan(1)) {
    emitter_.at(expr->offset);
    emitter_.jump(end, Op::kJumpIf, result, 0, expr->is_and ? 0 : 1);
    to(result, next);
  }
  emitter_.land(end);
}

// Defaults are evaluated now, the body is compiled later.
void FunctionCompiler::function_value(Register result, Function* function) {
  const Temporaries temporaries(emitter_);
  const Register defaults = emitter_.top();
  for (const ParameterNode& parameter : function->parameters) {
    if (parameter.default_value != nullptr) to_temporary(parameter.default_value);
  }
  emitter_.at(function->offset);
  emitter_.emit(Op::kMakeFunction, result, shared_.functions.size(), defaults);
  shared_.functions.push_back(function);
}

}  // namespace larkspur::starlark
