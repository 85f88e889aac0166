// Comparisons, and conditions that end in jumps rather than in values.
#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {
namespace {

// What a comparison becomes: the instruction, and whether its answer is turned round.
struct Test {
  Op op;
  bool negated = false;
};

Test jump_for(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return {Op::kJumpEqual};
    case Comparison::kNotEqual:
      return {Op::kJumpEqual, true};
    case Comparison::kLess:
      return {Op::kJumpLess};
    case Comparison::kLessEqual:
      return {Op::kJumpLessEqual};
    case Comparison::kGreater:
      return {Op::kJumpGreater};
    case Comparison::kGreaterEqual:
      return {Op::kJumpGreaterEqual};
    case Comparison::kIn:
      return {Op::kJumpIn};
    case Comparison::kNotIn:
      return {Op::kJumpIn, true};
    case Comparison::kIsNone:
      return {Op::kJumpNone};
    case Comparison::kIsNotNone:
      break;
  }
  return {Op::kJumpNone, true};
}

// The same with a number instead of the right operand, where there is one.
std::optional<Op> jump_with_int(Op op) {
  switch (op) {
    case Op::kJumpEqual:
      return Op::kJumpEqualInt;
    case Op::kJumpLess:
      return Op::kJumpLessInt;
    case Op::kJumpLessEqual:
      return Op::kJumpLessEqualInt;
    case Op::kJumpGreater:
      return Op::kJumpGreaterInt;
    case Op::kJumpGreaterEqual:
      return Op::kJumpGreaterEqualInt;
    default:
      return std::nullopt;
  }
}

Op value_op(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return Op::kEqual;
    case Comparison::kNotEqual:
      return Op::kNotEqual;
    case Comparison::kLess:
      return Op::kLess;
    case Comparison::kLessEqual:
      return Op::kLessEqual;
    case Comparison::kGreater:
      return Op::kGreater;
    case Comparison::kGreaterEqual:
      return Op::kGreaterEqual;
    case Comparison::kIn:
      return Op::kIn;
    case Comparison::kNotIn:
      return Op::kNotIn;
    default:
      return Op::kIsNone;
  }
}

// The truth of an expression that is the same every time.
std::optional<bool> constant_truth(const Expr* expr) {
  if (expr->kind == ExprKind::kInt) return static_cast<const IntExpr*>(expr)->value != 0;
  if (expr->kind != ExprKind::kName) return std::nullopt;
  switch (static_cast<const NameExpr*>(expr)->binding->kind) {
    case Binding::Kind::kTrue:
      return true;
    case Binding::Kind::kFalse:
    case Binding::Kind::kNone:
      return false;
    default:
      return std::nullopt;
  }
}

}  // namespace

void FunctionCompiler::jump_if(Expr* expr, bool sense, Jumps& jumps) {
  const Temporaries temporaries(emitter_);
  while (expr->kind == ExprKind::kUnary && static_cast<UnaryExpr*>(expr)->op == TokenKind::kNot) {
    expr = static_cast<UnaryExpr*>(expr)->operand;
    sense = !sense;
  }
  if (const auto truth = constant_truth(expr)) {
    emitter_.at(expr->offset);
    if (*truth == sense) emitter_.jump(jumps, Op::kJump);
    return;
  }
  if (expr->kind == ExprKind::kCompare)
    return jump_if_compare(static_cast<CompareExpr*>(expr), sense, jumps);
  if (expr->kind == ExprKind::kLogical)
    return jump_if_logical(static_cast<LogicalExpr*>(expr), sense, jumps);
  const Register value = operand(expr);
  emitter_.at(expr->offset);
  emitter_.jump(jumps, Op::kJumpIf, value, 0, sense ? 1 : 0);
}

// `and` is decided by its first false operand, `or` by its first true one.
void FunctionCompiler::jump_if_logical(LogicalExpr* expr, bool sense, Jumps& jumps) {
  const bool deciding = !expr->is_and;
  const auto operands = expr->operands;
  Jumps decided;
  Jumps& on_decision = sense == deciding ? jumps : decided;
  jump_if(operands.front(), deciding, on_decision);
  const Flow::Maybe maybe(flow_);
  for (Expr* next : operands.subspan(1, operands.size() - 2)) jump_if(next, deciding, on_decision);
  jump_if(operands.back(), sense, jumps);
  emitter_.land(decided);
}

void FunctionCompiler::jump_if_compare(CompareExpr* expr, bool sense, Jumps& jumps) {
  Jumps failed;
  Register left = operand(expr->left);
  const ComparePart& last = expr->parts.back();
  std::optional<Flow::Maybe> maybe;  // what comes behind the first comparison may not be evaluated
  for (const ComparePart& part : expr->parts) {
    const bool is_last = &part == &last;
    if (is_last && jump_compare_constant(left, part, sense, jumps)) break;
    std::optional<Register> right;
    if (part.right != nullptr) right = operand(part.right);
    if (is_last) {
      jump_compare(left, part, right, sense, jumps);
    } else {
      jump_compare(left, part, right, false, sense ? failed : jumps);
      left = right.value_or(left);
      if (!maybe) maybe.emplace(flow_);
    }
  }
  emitter_.land(failed);
}

void FunctionCompiler::jump_compare(Register left, const ComparePart& part,
                                    std::optional<Register> right, bool sense, Jumps& jumps) {
  const Test test = jump_for(part.op);
  emitter_.at(part.offset);
  emitter_.jump(jumps, test.op, left, right.value_or(0), sense != test.negated ? 1 : 0);
}

// With the right operand inside of the instruction, where that is possible.
bool FunctionCompiler::jump_compare_constant(Register left, const ComparePart& part, bool sense,
                                             Jumps& jumps) {
  if (part.right == nullptr) return false;
  const Test test = jump_for(part.op);
  const std::size_t aux = sense != test.negated ? 1 : 0;
  const auto with_int = jump_with_int(test.op);
  const auto number = small_int(part.right);
  if (with_int && number) {
    emitter_.at(part.offset);
    emitter_.jump(jumps, *with_int, left, static_cast<std::uint16_t>(*number), aux);
    return true;
  }
  if (test.op != Op::kJumpEqual) return false;
  if (is_none(part.right)) {
    emitter_.at(part.offset);
    emitter_.jump(jumps, Op::kJumpNone, left, 0, aux);
    return true;
  }
  if (part.right->kind != ExprKind::kString) return false;
  const auto constant = shared_.constants.string(static_cast<TextExpr*>(part.right)->text);
  if (constant > kMostOperands) return false;
  emitter_.at(part.offset);
  emitter_.jump(jumps, Op::kJumpEqualConst, left, constant, aux);
  return true;
}

// A comparison as a value.
void FunctionCompiler::compare(Register result, CompareExpr* expr) {
  const ComparePart& part = expr->parts.front();
  if (expr->parts.size() == 1) {
    const Register left = operand(expr->left);
    const Register right = part.right == nullptr ? Register{0} : operand(part.right);
    emitter_.at(part.offset);
    return emitter_.emit(value_op(part.op), result, left, right,
                         part.op == Comparison::kIsNone ? 1 : 0);
  }
  Jumps is_false;
  Jumps end;
  jump_if_compare(expr, false, is_false);
  emitter_.emit(Op::kLoadTrue, result);
  emitter_.jump(end, Op::kJump);
  emitter_.land(is_false);
  emitter_.emit(Op::kLoadFalse, result);
  emitter_.land(end);
}

}  // namespace larkspur::starlark
