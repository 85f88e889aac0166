// The syntax tree. Nodes live in an Arena and are never destroyed one by one, so a deep tree needs
// no deep recursion to go away. Depth is bounded by the parser, with one exception: chains that
// grow to the left (1 + 1 + 1 + ..., a.b().c()...) are as deep as they are long, so whoever walks
// the tree follows left_of() in a loop and recurses into everything else.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "starlark/syntax/token.h"

namespace larkspur::starlark {

struct Binding;        // what a name means, see compile/scope.h
struct FunctionScope;  // the names of a function, see compile/scope.h
struct Function;

enum class ExprKind : std::uint8_t {
  kName,
  kInt,
  kBigInt,
  kFloat,
  kString,
  kBytes,
  kFString,
  kList,
  kTuple,
  kDict,
  kComprehension,
  kUnary,
  kBinary,
  kCompare,
  kLogical,
  kConditional,
  kLambda,
  kCall,
  kIndex,
  kSlice,
  kDot,
  kBad,  // after a syntax error; nobody walks such a tree
};

struct Expr {
  ExprKind kind = ExprKind::kBad;
  std::uint32_t offset =
      0;  // where an error of this operation is shown: its operator, "(", "[" or "."
};

struct NameExpr : Expr {
  NameId name = 0;
  Binding* binding = nullptr;  // the resolver's
};

struct IntExpr : Expr {
  std::int64_t value = 0;
};
struct FloatExpr : Expr {
  double value = 0;
};
// kBigInt (digits as Number has them), kString, kBytes
struct TextExpr : Expr {
  std::string_view text;
};

struct FStringPart {
  std::string_view text;  // when value is null
  Expr* value = nullptr;
  char conversion = 0;   // 'r', 's' or 0
  Expr* spec = nullptr;  // kString or kFString; null when there is none
};
struct FStringExpr : Expr {
  std::span<FStringPart> parts;
};

// kList, kTuple; a dict has keys and values in turn
struct SequenceExpr : Expr {
  std::span<Expr*> items;
};

struct ComprehensionClause {
  std::uint32_t offset = 0;
  Expr* target = nullptr;  // null: an `if`
  Expr* operand = nullptr;
};
struct ComprehensionExpr : Expr {
  bool is_dict = false;
  Expr* key = nullptr;   // dict only
  Expr* body = nullptr;  // the element, or a dict's value
  std::span<ComprehensionClause> clauses;
  Binding* names = nullptr;  // the resolver's: the variables
};

struct UnaryExpr : Expr {
  TokenKind op;
  Expr* operand = nullptr;
};
struct BinaryExpr : Expr {
  TokenKind op;
  Expr* left = nullptr;
  Expr* right = nullptr;
};

enum class Comparison : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn,
  kIsNone,
  kIsNotNone,
};
struct ComparePart {
  std::uint32_t offset = 0;
  Comparison op;
  Expr* right = nullptr;  // null for `is None` and `is not None`
};
// left op right op right ...: usually one part
struct CompareExpr : Expr {
  Expr* left = nullptr;
  std::span<ComparePart> parts;
};

// a and b and c, or with `or`
struct LogicalExpr : Expr {
  bool is_and = false;
  std::span<Expr*> operands;
};
struct ConditionalExpr : Expr {
  Expr* condition = nullptr;
  Expr* then = nullptr;
  Expr* otherwise = nullptr;
};
struct LambdaExpr : Expr {
  Function* function = nullptr;
};

struct Argument {
  enum class Kind : std::uint8_t { kPositional, kNamed, kStar, kStarStar };
  Kind kind = Kind::kPositional;
  std::uint32_t offset = 0;
  NameId name = 0;
  Expr* value = nullptr;
};
struct CallExpr : Expr {
  Expr* callee = nullptr;
  std::span<Argument> arguments;
};
struct IndexExpr : Expr {
  Expr* object = nullptr;
  Expr* index = nullptr;
};
struct SliceExpr : Expr {
  Expr* object = nullptr;
  Expr* low = nullptr;  // each may be null
  Expr* high = nullptr;
  Expr* step = nullptr;
};
struct DotExpr : Expr {
  Expr* object = nullptr;
  NameId name = 0;
};

enum class StmtKind : std::uint8_t {
  kExpr,
  kAssign,
  kAugmented,
  kIf,
  kFor,
  kWhile,
  kDef,
  kReturn,
  kBreak,
  kContinue,
  kPass,
  kLoad,
};

struct Stmt {
  StmtKind kind;
  std::uint32_t offset = 0;
};
using Block = std::span<Stmt*>;

// kExpr and kReturn, where value may be null
struct ValueStmt : Stmt {
  Expr* value = nullptr;
};
struct AssignStmt : Stmt {
  Expr* target = nullptr;
  Expr* value = nullptr;
};
struct AugmentedStmt : Stmt {
  TokenKind op;  // of the binary operation
  Expr* target = nullptr;
  Expr* value = nullptr;
};
struct IfBranch {
  Expr* condition = nullptr;
  Block body;
};
struct IfStmt : Stmt {
  std::span<IfBranch> branches;  // the if and its elifs
  Block otherwise;
  bool has_else = false;
};
struct ForStmt : Stmt {
  Expr* target = nullptr;
  Expr* iterable = nullptr;
  Block body;
};
struct WhileStmt : Stmt {
  Expr* condition = nullptr;
  Block body;
};
struct DefStmt : Stmt {
  NameExpr* name = nullptr;
  Function* function = nullptr;
};

// name = "original": one name that load() binds.
struct LoadItem {
  NameExpr* name = nullptr;
  std::string_view original;
  std::uint32_t offset = 0;   // of the original's text
  Binding* source = nullptr;  // the resolver's: what it stands for
};
struct LoadStmt : Stmt {
  std::string_view module;
  std::uint32_t module_offset = 0;
  std::span<LoadItem> items;
  // The resolver's, where this is the first to load a module: its code, and its global slots,
  // whose values are frozen once it has run.
  Function* runs = nullptr;
  std::uint16_t first_global = 0;
  std::uint16_t end_global = 0;
};

struct ParameterNode {
  enum class Kind : std::uint8_t { kNormal, kBareStar, kStar, kStarStar, kSlash };
  Kind kind = Kind::kNormal;
  std::uint32_t offset = 0;
  NameId name = 0;
  Expr* default_value = nullptr;
};

// A name that a function's own code assigns, in the order of the source.
struct Assigned {
  NameId name = 0;
  std::uint32_t offset = 0;  // from here on it is bound, if it was reached
  bool always = false;       // outside of every branch and loop: reached exactly once, or never
};

// A def, a lambda, or the whole script.
struct Function {
  std::uint32_t offset = 0;
  std::string_view name = {};
  std::span<ParameterNode> parameters = {};
  std::span<Assigned> assigned = {};  // without parameters and comprehension variables
  Block body = {};
  Expr* expression = nullptr;      // lambda: the body
  FunctionScope* scope = nullptr;  // the resolver's
};

// The operand that a chain goes on from, or null.
inline Expr* left_of(Expr* expr) {
  switch (expr->kind) {
    case ExprKind::kBinary:
      return static_cast<BinaryExpr*>(expr)->left;
    case ExprKind::kCall:
      return static_cast<CallExpr*>(expr)->callee;
    case ExprKind::kIndex:
      return static_cast<IndexExpr*>(expr)->object;
    case ExprKind::kSlice:
      return static_cast<SliceExpr*>(expr)->object;
    case ExprKind::kDot:
      return static_cast<DotExpr*>(expr)->object;
    default:
      return nullptr;
  }
}

}  // namespace larkspur::starlark
