#include "starlark/compile/resolver.h"

#include <string>
#include <utility>

#include "starlark/compile/scoped_names.h"

namespace larkspur::starlark {
namespace {

class Resolver : private ScopedNames {
 public:
  using ScopedNames::ScopedNames;

  void run(Function* script) {
    const std::size_t first = globals_.size();
    resolve_function(script);
    if (module_ == nullptr) return;
    module_->resolved = true;
    module_->first_global = static_cast<std::uint16_t>(first);
    module_->end_global = static_cast<std::uint16_t>(globals_.size());
    for (Binding* local = script->scope->locals; local != nullptr; local = local->next_in_function)
      if (local->comprehension == nullptr) module_->exports.emplace(local->name, local);
  }

 private:
  void resolve_function(Function* function) {
    FunctionScope* scope =
        arena_.make<FunctionScope>(FunctionScope{.function = function, .parent = scope_});
    function->scope = scope;
    scope_ = scope;
    const int loop_depth = std::exchange(loop_depth_, 0);

    declare_parameters(function);
    for (const Assigned& assigned : function->assigned) declare_assigned(assigned);
    if (function->expression != nullptr) resolve_expr(function->expression);
    resolve_block(function->body);

    leave(scope->block);
    place_locals(scope);
    loop_depth_ = loop_depth;
    scope_ = scope->parent;
  }

  // --- the walk ---

  void resolve_block(Block block) {
    for (Stmt* stmt : block) resolve_stmt(stmt);
  }

  void resolve_stmt(Stmt* stmt) {
    switch (stmt->kind) {
      case StmtKind::kReturn:
        if (in_script() && dialect_.strict)
          errors_.add(stmt->offset, "return statement not within a function");
        [[fallthrough]];
      case StmtKind::kExpr:
        return resolve_optional(static_cast<ValueStmt*>(stmt)->value);
      case StmtKind::kAssign: {
        auto* assign = static_cast<AssignStmt*>(stmt);
        resolve_expr(assign->value);
        return resolve_target(assign->target);
      }
      case StmtKind::kAugmented: {
        auto* augmented = static_cast<AugmentedStmt*>(stmt);
        resolve_target(augmented->target);
        return resolve_expr(augmented->value);
      }
      case StmtKind::kIf: {
        check_control(stmt->offset, "if statement");
        auto* branches = static_cast<IfStmt*>(stmt);
        const Deeper deeper(branch_depth_);
        for (const IfBranch& branch : branches->branches) {
          resolve_expr(branch.condition);
          resolve_block(branch.body);
        }
        return resolve_block(branches->otherwise);
      }
      case StmtKind::kFor: {
        check_control(stmt->offset, "for loop");
        auto* loop = static_cast<ForStmt*>(stmt);
        resolve_expr(loop->iterable);
        resolve_target(loop->target);
        return resolve_loop_body(loop->body);
      }
      case StmtKind::kWhile: {
        if (!dialect_.while_loops)
          errors_.add(stmt->offset, "this Starlark dialect does not support while loops");
        check_control(stmt->offset, "while loop");
        auto* loop = static_cast<WhileStmt*>(stmt);
        resolve_expr(loop->condition);
        return resolve_loop_body(loop->body);
      }
      case StmtKind::kDef: {
        auto* def = static_cast<DefStmt*>(stmt);
        resolve_target(def->name);
        def->name->binding->function = def->function;
        return resolve_closure(def->function);
      }
      case StmtKind::kLoad:
        return resolve_load(static_cast<LoadStmt*>(stmt));
      case StmtKind::kBreak:
      case StmtKind::kContinue:
        if (loop_depth_ == 0) {
          const std::string word = stmt->kind == StmtKind::kBreak ? "break" : "continue";
          errors_.add(stmt->offset, word + " not in a loop");
        }
        return;
      case StmtKind::kPass:
        return;
    }
  }

  void resolve_loop_body(Block body) {
    const Deeper deeper(loop_depth_);
    resolve_block(body);
  }

  void check_control(std::uint32_t offset, std::string_view what) {
    if (in_script() && !dialect_.top_level_control)
      errors_.add(offset, std::string(what) + " not within a function");
  }

  // What stands left of = or after for.
  void resolve_target(Expr* target) {
    if (target->kind == ExprKind::kList || target->kind == ExprKind::kTuple) {
      for (Expr* item : static_cast<SequenceExpr*>(target)->items) resolve_target(item);
    } else if (target->kind == ExprKind::kName && in_script()) {
      declare_in_script(static_cast<NameExpr*>(target), false);
    } else {
      resolve_expr(target);
    }
  }

  void declare_in_script(NameExpr* name, bool by_load) {
    Binding* binding = name->binding = current_[name->name];
    const bool local = by_load && !dialect_.load_binds_globally;
    if (!binding->declared) {
      binding->declared = true;
      binding->declared_at = name->offset;
      binding->loaded = local;
    } else if (!dialect_.global_reassign) {
      const std::string text(names_.text(name->name));
      errors_.add(name->offset,
                  local ? "cannot reassign top-level " + text
                        : "cannot reassign " + std::string(binding->loaded ? "local " : "global ") +
                              text + " declared at " + environment_.place(binding->declared_at));
    }
  }

  void resolve_load(LoadStmt* load) {
    const char* const around = !in_script()        ? "function"
                               : loop_depth_ > 0   ? "loop"
                               : branch_depth_ > 0 ? "conditional"
                                                   : nullptr;
    if (around != nullptr) {
      errors_.add(load->offset, std::string("load statement within a ") + around,
                  "load at the top of the script");
    }
    if (around == nullptr && environment_.modules != nullptr)
      link_load(load, *environment_.modules, names_, arena_, errors_);
    for (LoadItem& item : load->items) {
      if (item.original.empty()) {
        errors_.add(item.offset, "load: empty identifier");
        continue;
      }
      if (item.original.starts_with('_')) {
        errors_.add(item.offset, "load: names with leading underscores are not exported: " +
                                     std::string(item.original));
      }
      if (in_script()) declare_in_script(item.name, true);
    }
  }

  // Defaults belong to the scope around the function.
  void resolve_closure(Function* function) {
    for (const ParameterNode& parameter : function->parameters)
      resolve_optional(parameter.default_value);
    resolve_function(function);
  }

  void resolve_optional(Expr* expr) {
    if (expr != nullptr) resolve_expr(expr);
  }

  void resolve_all(std::span<Expr*> exprs) {
    for (Expr* expr : exprs) resolve_expr(expr);
  }

  // A chain is followed to the left in a loop, see tree.h; errors are sorted in the end.
  void resolve_expr(Expr* expr) {
    for (; expr != nullptr; expr = left_of(expr)) resolve_node(expr);
  }

  // The parts of `expr` other than left_of(expr).
  void resolve_node(Expr* expr) {
    switch (expr->kind) {
      case ExprKind::kName: {
        auto* name = static_cast<NameExpr*>(expr);
        name->binding = look_up(name->name, name->offset);
        return;
      }
      case ExprKind::kFString:
        for (const FStringPart& part : static_cast<FStringExpr*>(expr)->parts) {
          resolve_optional(part.value);
          resolve_optional(part.spec);
        }
        return;
      case ExprKind::kList:
      case ExprKind::kTuple:
      case ExprKind::kDict:
        return resolve_all(static_cast<SequenceExpr*>(expr)->items);
      case ExprKind::kComprehension:
        return resolve_comprehension(static_cast<ComprehensionExpr*>(expr));
      case ExprKind::kUnary:
        return resolve_expr(static_cast<UnaryExpr*>(expr)->operand);
      case ExprKind::kBinary:
        return resolve_expr(static_cast<BinaryExpr*>(expr)->right);
      case ExprKind::kCompare: {
        auto* compare = static_cast<CompareExpr*>(expr);
        resolve_expr(compare->left);
        for (const ComparePart& part : compare->parts) resolve_optional(part.right);
        return;
      }
      case ExprKind::kLogical:
        return resolve_all(static_cast<LogicalExpr*>(expr)->operands);
      case ExprKind::kConditional: {
        auto* conditional = static_cast<ConditionalExpr*>(expr);
        resolve_expr(conditional->condition);
        resolve_expr(conditional->then);
        return resolve_expr(conditional->otherwise);
      }
      case ExprKind::kLambda:
        return resolve_closure(static_cast<LambdaExpr*>(expr)->function);
      case ExprKind::kCall: {
        auto* call = static_cast<CallExpr*>(expr);
        if (call->callee->kind == ExprKind::kName) named_calls_.push_back(call);
        for (const Argument& argument : call->arguments) resolve_expr(argument.value);
        return;
      }
      case ExprKind::kIndex:
        return resolve_expr(static_cast<IndexExpr*>(expr)->index);
      case ExprKind::kSlice: {
        auto* slice = static_cast<SliceExpr*>(expr);
        resolve_optional(slice->low);
        resolve_optional(slice->high);
        return resolve_optional(slice->step);
      }
      case ExprKind::kInt:
      case ExprKind::kBigInt:
      case ExprKind::kFloat:
      case ExprKind::kString:
      case ExprKind::kBytes:
      case ExprKind::kDot:
      case ExprKind::kBad:
        return;
    }
  }

  // The first iterable is evaluated outside; each variable can be seen from the clause after its
  // own.
  void resolve_comprehension(ComprehensionExpr* comprehension) {
    int outside = 0;
    int* depth = &outside;
    bool first = true;
    for (const ComprehensionClause& clause : comprehension->clauses) {
      const Deeper deeper(*std::exchange(depth, &comprehension_depth_));
      resolve_expr(clause.operand);
      if (std::exchange(first, false)) {
        later_.begin(*comprehension, current_);
      } else {
        later_.reach(clause);
      }
      if (clause.target != nullptr) resolve_loop_variables(clause.target, comprehension);
    }
    const Deeper deeper(comprehension_depth_);
    resolve_optional(comprehension->key);
    resolve_expr(comprehension->body);
    leave(comprehension->names);
  }

  void resolve_loop_variables(Expr* target, ComprehensionExpr* comprehension) {
    if (target->kind == ExprKind::kList || target->kind == ExprKind::kTuple) {
      for (Expr* item : static_cast<SequenceExpr*>(target)->items) {
        resolve_loop_variables(item, comprehension);
      }
      return;
    }
    if (target->kind != ExprKind::kName) return resolve_expr(target);
    auto* name = static_cast<NameExpr*>(target);
    const Binding* known = current_[name->name];
    const bool again = known != nullptr && known->comprehension == comprehension;
    name->binding = again ? current_[name->name] : declare(name->name, comprehension->names);
    name->binding->comprehension = comprehension;
  }
};

}  // namespace

void resolve(Function* script, LoadableModule* module, const Environment& environment, Names& names,
             Arena& arena, Errors& errors, Resolved& out) {
  Resolver(environment, module, names, arena, errors, out).run(script);
}

}  // namespace larkspur::starlark
