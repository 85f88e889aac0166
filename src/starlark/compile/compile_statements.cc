#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {

void FunctionCompiler::block(Block block) {
  for (Stmt* stmt : block) statement(stmt);
}

void FunctionCompiler::statement(Stmt* stmt) {
  const Temporaries temporaries(emitter_);
  emitter_.at(stmt->offset);
  switch (stmt->kind) {
    case StmtKind::kExpr:
      return expression_statement(static_cast<ValueStmt*>(stmt)->value);
    case StmtKind::kAssign:
      return assign_statement(static_cast<AssignStmt*>(stmt));
    case StmtKind::kAugmented:
      return augmented_statement(static_cast<AugmentedStmt*>(stmt));
    case StmtKind::kIf:
      return if_statement(static_cast<IfStmt*>(stmt));
    case StmtKind::kFor:
      return for_statement(static_cast<ForStmt*>(stmt));
    case StmtKind::kWhile:
      return while_statement(static_cast<WhileStmt*>(stmt));
    case StmtKind::kReturn:
      return return_statement(static_cast<ValueStmt*>(stmt)->value);
    case StmtKind::kBreak:
      return break_statement();
    case StmtKind::kContinue:
      return continue_statement();
    case StmtKind::kPass:
      return;
    case StmtKind::kLoad:
      return load_statement(static_cast<LoadStmt*>(stmt));
    case StmtKind::kDef: {
      auto* def = static_cast<DefStmt*>(stmt);
      const auto variable = direct(def->name);
      const Register value = variable ? *variable : emitter_.allocate();
      function_value(value, def->function);
      return assign(def->name, value);
    }
  }
}

void FunctionCompiler::expression_statement(Expr* value) {
  if (!literal(value)) operand(value);
}

std::optional<Register> FunctionCompiler::direct(const Expr* target) const {
  if (target->kind != ExprKind::kName) return std::nullopt;
  const Binding* binding = static_cast<const NameExpr*>(target)->binding;
  if (binding->kind != Binding::Kind::kLocal || binding->cell) return std::nullopt;
  return binding->index;
}

void FunctionCompiler::assign_statement(AssignStmt* stmt) {
  if (const auto variable = direct(stmt->target)) {
    to(*variable, stmt->value);
    return flow_.bind(*variable);
  }
  if (assign_each(stmt->target, stmt->value)) return;
  const Register value = operand(stmt->value);
  emitter_.at(stmt->offset);
  assign(stmt->target, value);
}

// a, b = x, y without making a tuple.
bool FunctionCompiler::assign_each(Expr* target, Expr* value) {
  const bool many = target->kind == ExprKind::kTuple || target->kind == ExprKind::kList;
  if (!many || value->kind != ExprKind::kTuple) return false;
  const auto targets = static_cast<SequenceExpr*>(target)->items;
  const auto values = static_cast<SequenceExpr*>(value)->items;
  if (targets.size() != values.size()) return false;
  const Register first = emitter_.top();
  for (Expr* item : values) to_temporary(item);
  for (std::size_t i = 0; i < targets.size(); ++i)
    assign(targets[i], static_cast<Register>(first + i));
  return true;
}

void FunctionCompiler::assign(Expr* target, Register value) {
  switch (target->kind) {
    case ExprKind::kName:
      return assign_name(static_cast<NameExpr*>(target)->binding, value);
    case ExprKind::kList:
    case ExprKind::kTuple:
      return unpack(static_cast<SequenceExpr*>(target), value, emitter_.offset());
    case ExprKind::kIndex: {
      const Temporaries temporaries(emitter_);
      auto* element = static_cast<IndexExpr*>(target);
      const Register object = operand(element->object);
      const Register key = operand(element->index);
      emitter_.at(element->offset);
      return emitter_.emit(Op::kStoreIndex, object, key, value);
    }
    case ExprKind::kDot: {
      const Temporaries temporaries(emitter_);
      auto* field = static_cast<DotExpr*>(target);
      const Register object = operand(field->object);
      emitter_.at(field->offset);
      return emitter_.emit(Op::kStoreAttribute, object, value, attribute_name(field->name));
    }
    default:
      return;  // the parser has complained
  }
}

void FunctionCompiler::assign_name(const Binding* binding, Register value) {
  if (binding->kind == Binding::Kind::kGlobal) {
    emitter_.emit(Op::kStoreGlobal, value, binding->index);
  } else if (binding->cell) {
    emitter_.emit(Op::kStoreCell, value, binding->index);
  } else {
    if (value != binding->index) emitter_.emit(Op::kMove, binding->index, value);
    flow_.bind(binding->index);
  }
}

void FunctionCompiler::unpack(SequenceExpr* targets, Register value, std::uint32_t offset) {
  const auto items = targets->items;
  // Straight into the variables where they stand side by side, as new ones do.
  const auto first = items.empty() ? std::nullopt : direct(items[0]);
  bool side_by_side = first.has_value();
  for (std::size_t i = 1; i < items.size() && side_by_side; ++i)
    side_by_side = direct(items[i]) == *first + i;

  const Temporaries temporaries(emitter_);
  const Register base = side_by_side ? *first : emitter_.allocate(items.size());
  emitter_.at(offset);
  emitter_.emit(Op::kUnpack, base, value, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    emitter_.at(offset);
    assign(items[i], static_cast<Register>(base + i));
  }
}

void FunctionCompiler::augmented_statement(AugmentedStmt* stmt) {
  switch (stmt->target->kind) {
    case ExprKind::kName: {
      auto* name = static_cast<NameExpr*>(stmt->target);
      const Register left = operand(name);
      augment(stmt, left, left);
      return assign_name(name->binding, left);
    }
    case ExprKind::kIndex: {
      auto* element = static_cast<IndexExpr*>(stmt->target);
      const Register object = operand(element->object);
      const Register key = operand(element->index);
      const Register value = emitter_.allocate();
      emitter_.at(element->offset);
      emitter_.emit(Op::kIndex, value, object, key);
      augment(stmt, value, value);
      emitter_.at(element->offset);
      return emitter_.emit(Op::kStoreIndex, object, key, value);
    }
    case ExprKind::kDot: {
      auto* field = static_cast<DotExpr*>(stmt->target);
      const Register object = operand(field->object);
      const Register value = emitter_.allocate();
      emitter_.at(field->offset);
      emitter_.emit(Op::kAttribute, value, object, attribute_name(field->name));
      augment(stmt, value, value);
      emitter_.at(field->offset);
      return emitter_.emit(Op::kStoreAttribute, object, value, attribute_name(field->name));
    }
    default:
      return;  // the parser has complained
  }
}

void FunctionCompiler::augment(AugmentedStmt* stmt, Register result, Register left) {
  emitter_.at(stmt->offset);
  arithmetic(stmt->op, result, left, stmt->value, true);
}

void FunctionCompiler::if_statement(IfStmt* stmt) {
  Jumps end;
  Flow::Ways ways(flow_);
  for (std::size_t i = 0; i < stmt->branches.size(); ++i) {
    const IfBranch& branch = stmt->branches[i];
    Jumps otherwise;
    jump_if(branch.condition, false, otherwise);
    block(branch.body);
    const bool last = i + 1 == stmt->branches.size() && !stmt->has_else;
    if (!last && !flow_.ended()) emitter_.jump(end, Op::kJump);
    ways.end_way();
    emitter_.land(otherwise);
  }
  block(stmt->otherwise);
  ways.end_way();
  ways.join();
  emitter_.land(end);
}

void FunctionCompiler::return_statement(Expr* value) {
  const bool nothing = value == nullptr || is_none(value);
  const Register result = nothing ? Register{0} : operand(value);
  for (auto loop = loops_.rbegin(); loop != loops_.rend(); ++loop) {
    if (loop->iterator) emitter_.emit(Op::kIterEnd, *loop->iterator);
  }
  if (nothing) {
    emitter_.emit(Op::kReturnNone);
  } else {
    emitter_.emit(Op::kReturn, result);
  }
  flow_.end();
}

void FunctionCompiler::load_statement(LoadStmt* stmt) {
  if (stmt->runs != nullptr) {
    const Temporaries temporaries(emitter_);
    const Register module = emitter_.allocate();
    function_value(module, stmt->runs);
    emitter_.at(stmt->offset);
    emitter_.emit(Op::kCall, module, 0, module);
    emitter_.emit(Op::kFreezeGlobals, stmt->first_global, stmt->end_global);
  }
  for (const LoadItem& item : stmt->items) {
    const Temporaries temporaries(emitter_);
    const Register value = emitter_.allocate();
    const bool of_library = item.source->kind == Binding::Kind::kUniversal;
    emitter_.at(item.offset);
    emitter_.emit(of_library ? Op::kLoadUniversal : Op::kLoadGlobal, value, item.source->index);
    assign_name(item.name->binding, value);
  }
}

}  // namespace larkspur::starlark
