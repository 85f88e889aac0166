// The variables of comprehensions that a clause to come binds. A comprehension is one block, so in
// [x for _ in a for x in x] the last x is its own variable, which has no value yet.
#pragma once

#include <span>
#include <vector>

#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

class LaterNames {
 public:
  // Does `name`, which stands for `binding` now, belong to a clause to come? Not where a parameter
  // or a variable of an inner comprehension hides that.
  bool has(NameId name, const Binding* binding) const {
    return name < hidden_.size() && !hidden_[name].empty() && hidden_[name].back() == binding;
  }

  // The first clause is resolved: all others are to come. `current`: what each name stands for.
  void begin(const ComprehensionExpr& comprehension, std::span<Binding* const> current) {
    for (const ComprehensionClause& later : comprehension.clauses.subspan(1)) {
      if (later.target == nullptr) continue;
      each_name(later.target, [&](NameId name) {
        if (name >= hidden_.size()) hidden_.resize(name + name / 2 + 1);
        hidden_[name].push_back(current[name]);
      });
    }
  }
  // A later clause has come.
  void reach(const ComprehensionClause& clause) {
    if (clause.target != nullptr)
      each_name(clause.target, [&](NameId name) { hidden_[name].pop_back(); });
  }

 private:
  static void each_name(const Expr* target, const auto& visit) {
    if (target->kind == ExprKind::kList || target->kind == ExprKind::kTuple) {
      for (const Expr* item : static_cast<const SequenceExpr*>(target)->items)
        each_name(item, visit);
    } else if (target->kind == ExprKind::kName) {
      visit(static_cast<const NameExpr*>(target)->name);
    }
  }

  // By name: for each clause to come that binds it, what it stood for before.
  std::vector<std::vector<const Binding*>> hidden_;
};

}  // namespace larkspur::starlark
