// for, while, and the loops inside of comprehensions.
#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {

void FunctionCompiler::for_statement(ForStmt* stmt) {
  const Register iterator = emitter_.allocate();
  begin_iterator(iterator, stmt->iterable, stmt->offset);
  loops_.push_back({.head = emitter_.here(), .breaks = {}, .iterator = iterator});
  Jumps exhausted;
  {
    const Flow::Maybe maybe(flow_);
    const auto variable = direct(stmt->target);
    const Temporaries temporaries(emitter_);
    const Register element = variable ? *variable : emitter_.allocate();
    emitter_.jump(exhausted, Op::kIterNext, iterator, element);
    assign(stmt->target, element);
    block(stmt->body);
    emitter_.at(stmt->offset);
    if (!flow_.ended()) emitter_.again(loops_.back().head, iterator, element);
  }
  emitter_.land(exhausted);
  emitter_.land(loops_.back().breaks);
  loops_.pop_back();
  emitter_.emit(Op::kIterEnd, iterator);
}

void FunctionCompiler::begin_iterator(Register iterator, Expr* iterable, std::uint32_t offset) {
  const Temporaries temporaries(emitter_);
  const Register value = operand(iterable);
  emitter_.at(offset);
  emitter_.emit(Op::kIterBegin, iterator, value);
}

void FunctionCompiler::while_statement(WhileStmt* stmt) {
  loops_.push_back({.head = emitter_.here(), .breaks = {}, .iterator = std::nullopt});
  Jumps exit;
  jump_if(stmt->condition, false, exit);
  {
    const Flow::Maybe maybe(flow_);
    block(stmt->body);
    emitter_.at(stmt->offset);
    if (!flow_.ended()) emitter_.jump_back(loops_.back().head);
  }
  emitter_.land(exit);
  emitter_.land(loops_.back().breaks);
  loops_.pop_back();
}

void FunctionCompiler::break_statement() {
  if (loops_.empty()) return;  // the resolver has complained
  emitter_.jump(loops_.back().breaks, Op::kJump);
  flow_.end();
}

void FunctionCompiler::continue_statement() {
  if (loops_.empty()) return;  // the resolver has complained
  emitter_.jump_back(loops_.back().head);
  flow_.end();
}

// The clauses nest, and there may be thousands: a list of open loops, no recursion.
void FunctionCompiler::comprehension(Register result, ComprehensionExpr* expr) {
  const Temporaries temporaries(emitter_);
  const Flow::Maybe maybe(flow_);
  for (const Binding* name = expr->names; name != nullptr; name = name->next_in_block) {
    if (name->cell) emitter_.emit(Op::kMakeCell, name->index, 0, 0, 1);
  }
  emitter_.at(expr->offset);
  if (expr->is_dict) {
    emitter_.emit(Op::kMakeDict, result);
  } else {
    emitter_.emit(Op::kMakeList, result);
  }

  std::vector<Loop> open;  // breaks: where an `if` that fails goes, which is the next round
  std::vector<Jumps> exhausted;
  for (const ComprehensionClause& clause : expr->clauses) {
    emitter_.at(clause.offset);
    if (clause.target == nullptr) {
      jump_if(clause.operand, false, open.back().breaks);
    } else {
      exhausted.emplace_back();
      open_loop(clause, open, exhausted.back());
    }
  }
  {
    const Temporaries element(emitter_);
    if (expr->is_dict) {
      const Register key = operand(expr->key);
      const Register value = operand(expr->body);
      emitter_.at(expr->key->offset);
      emitter_.emit(Op::kDictInsert, result, key, value, 0);
    } else {
      emitter_.emit(Op::kListAppend, result, operand(expr->body));
    }
  }
  for (; !open.empty(); open.pop_back(), exhausted.pop_back()) {
    emitter_.land(open.back().breaks);
    emitter_.again(open.back().head, *open.back().iterator, open.back().element);
    emitter_.land(exhausted.back());
    emitter_.emit(Op::kIterEnd, *open.back().iterator);
  }
}

void FunctionCompiler::open_loop(const ComprehensionClause& clause, std::vector<Loop>& open,
                                 Jumps& exhausted) {
  const Register iterator = emitter_.allocate();
  begin_iterator(iterator, clause.operand, clause.offset);
  const Temporaries temporaries(emitter_);
  open.push_back({.head = emitter_.here(), .breaks = {}, .iterator = iterator});
  const auto variable = direct(clause.target);
  const Register element = variable ? *variable : emitter_.allocate();
  open.back().element = element;
  emitter_.jump(exhausted, Op::kIterNext, iterator, element);
  assign(clause.target, element);
}

}  // namespace larkspur::starlark
