// The variables of comprehensions that a clause to come binds. A comprehension is one block, so in
// [x for _ in a for x in x] the last x is its own variable, which has no value yet.
#pragma once

#include <vector>

#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

class LaterNames {
 public:
  bool has(NameId name) const { return name < clauses_.size() && clauses_[name] > 0; }

  // The first clause is resolved: all others are to come.
  void begin(const ComprehensionExpr& comprehension) {
    for (const ComprehensionClause& later : comprehension.clauses.subspan(1))
      if (later.target != nullptr) count(later.target, 1);
  }
  // A later clause has come.
  void reach(const ComprehensionClause& clause) {
    if (clause.target != nullptr) count(clause.target, -1);
  }

 private:
  void count(const Expr* target, int change) {
    if (target->kind == ExprKind::kList || target->kind == ExprKind::kTuple) {
      for (const Expr* item : static_cast<const SequenceExpr*>(target)->items) count(item, change);
    } else if (target->kind == ExprKind::kName) {
      const NameId name = static_cast<const NameExpr*>(target)->name;
      if (name >= clauses_.size()) clauses_.resize(name + name / 2 + 1);
      clauses_[name] += change;
    }
  }

  std::vector<int> clauses_;  // by name: those to come that bind it
};

}  // namespace larkspur::starlark
