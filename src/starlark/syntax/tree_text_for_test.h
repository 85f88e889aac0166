// A tree as text, for tests: (+ a (* b 2)), [x for y in z if w], ... It recurses into chains, so it
// is not for hostile sources.
#pragma once

#include <string>

#include "starlark/syntax/names.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

template <class T>
const T& as(const Expr* expr) {
  return *static_cast<const T*>(expr);
}

class TreePrinter {
 public:
  explicit TreePrinter(const Names& names) : names_(names) {}

  std::string expr(const Expr* e) {
    if (e == nullptr) return "_";
    switch (e->kind) {
      case ExprKind::kName:
        return name(as<NameExpr>(e).name);
      case ExprKind::kInt:
        return std::to_string(as<IntExpr>(e).value);
      case ExprKind::kFloat:
        return std::to_string(as<FloatExpr>(e).value);
      case ExprKind::kBigInt:
        return std::string(as<TextExpr>(e).text);
      case ExprKind::kString:
        return "'" + std::string(as<TextExpr>(e).text) + "'";
      case ExprKind::kBytes:
        return "b'" + std::string(as<TextExpr>(e).text) + "'";
      case ExprKind::kFString:
        return fstring(as<FStringExpr>(e));
      case ExprKind::kList:
        return "[" + items(as<SequenceExpr>(e).items) + "]";
      case ExprKind::kTuple:
        return "(tuple " + items(as<SequenceExpr>(e).items) + ")";
      case ExprKind::kDict:
        return "{" + items(as<SequenceExpr>(e).items) + "}";
      case ExprKind::kComprehension:
        return comprehension(as<ComprehensionExpr>(e));
      case ExprKind::kUnary:
        return "(" + op(as<UnaryExpr>(e).op) + " " + expr(as<UnaryExpr>(e).operand) + ")";
      case ExprKind::kBinary: {
        const auto& binary = as<BinaryExpr>(e);
        return "(" + op(binary.op) + " " + expr(binary.left) + " " + expr(binary.right) + ")";
      }
      case ExprKind::kCompare:
        return compare(as<CompareExpr>(e));
      case ExprKind::kLogical:
        return (as<LogicalExpr>(e).is_and ? "(and " : "(or ") + items(as<LogicalExpr>(e).operands) +
               ")";
      case ExprKind::kConditional: {
        const auto& c = as<ConditionalExpr>(e);
        return "(if " + expr(c.condition) + " " + expr(c.then) + " " + expr(c.otherwise) + ")";
      }
      case ExprKind::kLambda:
        return function(*as<LambdaExpr>(e).function);
      case ExprKind::kCall:
        return expr(as<CallExpr>(e).callee) + arguments(as<CallExpr>(e).arguments);
      case ExprKind::kIndex:
        return expr(as<IndexExpr>(e).object) + "[" + expr(as<IndexExpr>(e).index) + "]";
      case ExprKind::kSlice: {
        const auto& s = as<SliceExpr>(e);
        return expr(s.object) + "[" + expr(s.low) + ":" + expr(s.high) + ":" + expr(s.step) + "]";
      }
      case ExprKind::kDot:
        return expr(as<DotExpr>(e).object) + "." + name(as<DotExpr>(e).name);
      case ExprKind::kBad:
        return "bad";
    }
    return "?";
  }

  std::string block(Block statements) {
    std::string out;
    for (const Stmt* stmt : statements) out += (out.empty() ? "" : "; ") + statement(stmt);
    return out;
  }

 private:
  std::string name(NameId id) { return std::string(names_.text(id)); }

  static std::string op(TokenKind kind) {
    std::string text(to_string(kind));
    return text.front() == '\'' ? text.substr(1, text.size() - 2) : text;
  }

  template <class Items>
  std::string items(const Items& exprs) {
    std::string out;
    for (const Expr* e : exprs) out += (out.empty() ? "" : " ") + expr(e);
    return out;
  }

  std::string fstring(const FStringExpr& e) {
    std::string out = "f'";
    for (const FStringPart& part : e.parts) {
      if (part.value == nullptr) {
        out += part.text;
        continue;
      }
      out += "{" + expr(part.value);
      if (part.conversion != 0) out += std::string("!") + part.conversion;
      if (part.spec != nullptr) out += ":" + expr(part.spec);
      out += "}";
    }
    return out + "'";
  }

  std::string comprehension(const ComprehensionExpr& e) {
    std::string out = e.is_dict ? "{" + expr(e.key) + ": " + expr(e.body) : "[" + expr(e.body);
    for (const ComprehensionClause& clause : e.clauses) {
      out += clause.target == nullptr ? " if " : " for " + expr(clause.target) + " in ";
      out += expr(clause.operand);
    }
    return out + (e.is_dict ? "}" : "]");
  }

  std::string compare(const CompareExpr& e) {
    static constexpr const char* kTexts[] = {"==", "!=", "<",      "<=",      ">",
                                             ">=", "in", "not in", "is None", "is not None"};
    std::string out = "(" + expr(e.left);
    for (const ComparePart& part : e.parts) {
      out += std::string(" ") + kTexts[static_cast<std::size_t>(part.op)];
      if (part.right != nullptr) out += " " + expr(part.right);
    }
    return out + ")";
  }

  std::string arguments(std::span<const Argument> list) {
    std::string out = "(";
    for (const Argument& argument : list) {
      if (out.size() > 1) out += ", ";
      if (argument.kind == Argument::Kind::kNamed) out += name(argument.name) + "=";
      if (argument.kind == Argument::Kind::kStar) out += "*";
      if (argument.kind == Argument::Kind::kStarStar) out += "**";
      out += expr(argument.value);
    }
    return out + ")";
  }

  std::string function(const Function& f) {
    using Kind = ParameterNode::Kind;
    std::string out = "(" + std::string(f.name) + " (";
    for (const ParameterNode& parameter : f.parameters) {
      if (out.back() != '(') out += " ";
      if (parameter.kind == Kind::kSlash) out += "/";
      if (parameter.kind == Kind::kStar || parameter.kind == Kind::kBareStar) out += "*";
      if (parameter.kind == Kind::kStarStar) out += "**";
      if (parameter.kind != Kind::kSlash && parameter.kind != Kind::kBareStar)
        out += name(parameter.name);
      if (parameter.default_value != nullptr) out += "=" + expr(parameter.default_value);
    }
    return out + ") " + (f.expression != nullptr ? expr(f.expression) : block(f.body)) + ")";
  }

  std::string statement(const Stmt* stmt) {
    switch (stmt->kind) {
      case StmtKind::kExpr:
        return expr(static_cast<const ValueStmt*>(stmt)->value);
      case StmtKind::kReturn:
        return "return " + expr(static_cast<const ValueStmt*>(stmt)->value);
      case StmtKind::kAssign: {
        const auto* s = static_cast<const AssignStmt*>(stmt);
        return expr(s->target) + " = " + expr(s->value);
      }
      case StmtKind::kAugmented: {
        const auto* s = static_cast<const AugmentedStmt*>(stmt);
        return expr(s->target) + " " + op(s->op) + "= " + expr(s->value);
      }
      case StmtKind::kIf: {
        const auto* s = static_cast<const IfStmt*>(stmt);
        std::string out = "if";
        for (const IfBranch& branch : s->branches)
          out += " " + expr(branch.condition) + " {" + block(branch.body) + "}";
        return s->has_else ? out + " else {" + block(s->otherwise) + "}" : out;
      }
      case StmtKind::kFor: {
        const auto* s = static_cast<const ForStmt*>(stmt);
        return "for " + expr(s->target) + " in " + expr(s->iterable) + " {" + block(s->body) + "}";
      }
      case StmtKind::kWhile: {
        const auto* s = static_cast<const WhileStmt*>(stmt);
        return "while " + expr(s->condition) + " {" + block(s->body) + "}";
      }
      case StmtKind::kDef:
        return "def " + function(*static_cast<const DefStmt*>(stmt)->function);
      case StmtKind::kBreak:
        return "break";
      case StmtKind::kContinue:
        return "continue";
      case StmtKind::kLoad: {
        const auto* load = static_cast<const LoadStmt*>(stmt);
        std::string out = "(load " + std::string(load->module);
        for (const LoadItem& item : load->items)
          out += " " + std::string(names_.text(item.name->name)) + "=" + std::string(item.original);
        return out + ")";
      }
      case StmtKind::kPass:
        return "pass";
    }
    return "?";
  }

  const Names& names_;
};

}  // namespace larkspur::starlark
