// Compiles one function. Shared by compile_statements.cc, compile_loops.cc, compile_expressions.cc,
// compile_displays.cc, compile_conditions.cc and compile_calls.cc.
//
// Rules that the parts rely on:
//   - An instruction reads all its operands before it writes its result, so a result may overwrite
//   them.
//   - Evaluating an expression never changes a variable, so operands are read from variables'
//   registers
//     in place. Only the last instruction of an expression writes a variable; what would write
//     earlier goes through a temporary (see writes_early).
//   - The tree is at most a few thousand nodes deep, chains aside (see tree.h), so recursion is
//   safe.
#pragma once

#include <optional>
#include <vector>

#include "starlark/compile/bytecode.h"
#include "starlark/compile/compiler.h"
#include "starlark/compile/constants.h"
#include "starlark/compile/emitter.h"
#include "starlark/compile/flow.h"
#include "starlark/compile/scope.h"

namespace larkspur::starlark {

// What the functions of a module have in common while they are compiled.
struct ModuleCompiler {
  Names& names;
  Module& module;
  Errors& errors;
  const CodeOptions& options;
  Constants constants;
  // By constant: its number in Module::methods, plus one.
  std::vector<std::uint32_t> method_numbers = {};
  std::vector<Function*> functions;  // by proto index; those that were met and are to be compiled
};

// The longest list or dict display whose values are gathered in registers before it is made.
inline constexpr std::size_t kMostDisplayRegisters = 64;

class FunctionCompiler {
 public:
  FunctionCompiler(ModuleCompiler& shared, Function* function);
  Proto compile();

 private:
  // What a loop needs while its body is compiled.
  struct Loop {
    std::size_t head = 0;  // where `continue` goes
    Jumps breaks;
    std::optional<Register> iterator;  // a for loop's
    Register element = 0;              // what its IterNext writes, in a comprehension
  };

  void describe(Proto& proto);
  void make_cells();

  // Statements
  void block(Block block);
  void statement(Stmt* stmt);
  void expression_statement(Expr* value);
  void assign_statement(AssignStmt* stmt);
  bool assign_each(Expr* target, Expr* value);
  void augmented_statement(AugmentedStmt* stmt);
  void augment(AugmentedStmt* stmt, Register result, Register left);
  void if_statement(IfStmt* stmt);
  void for_statement(ForStmt* stmt);
  void begin_iterator(Register iterator, Expr* iterable, std::uint32_t offset);
  void while_statement(WhileStmt* stmt);
  void break_statement();
  void continue_statement();
  void return_statement(Expr* value);
  void load_statement(LoadStmt* stmt);
  void assign(Expr* target, Register value);
  void assign_name(const Binding* binding, Register value);
  void unpack(SequenceExpr* targets, Register value, std::uint32_t offset);
  // The register that an assignment to `target` can write at once: a plain local's.
  std::optional<Register> direct(const Expr* target) const;

  // Expressions
  Register operand(Expr* expr);  // a register that holds the value: a variable, or a new temporary
  Register to_temporary(Expr* expr);     // a new temporary
  void to(Register result, Expr* expr);  // writes the value into `result`
  void evaluate(Register result, Expr* expr);
  bool writes_early(const Expr* expr) const;
  void chain(Register result, Expr* expr);
  void link(Register result, Register left, Register base, Expr* expr);
  void load_name(Register result, const NameExpr* name);
  void check_bound(const Binding* binding, std::uint32_t offset);
  void load_constant(Register result, const Constant& constant);
  void load_string(Register result, std::string_view text);
  void unary(Register result, UnaryExpr* expr);
  void binary(Register result, Register left, BinaryExpr* expr);
  void arithmetic(TokenKind op, Register result, Register left, Expr* right, bool in_place);
  void index(Register result, Register object, IndexExpr* expr);
  void slice(Register result, Register object, SliceExpr* expr);
  void list(Register result, SequenceExpr* expr);
  void tuple(Register result, SequenceExpr* expr);
  void dict(Register result, SequenceExpr* expr);
  std::optional<std::vector<std::uint32_t>> record_keys(const SequenceExpr* expr);
  void fstring(Register result, FStringExpr* expr);
  void fstring_field(const FStringPart& part);
  void conditional(Register result, ConditionalExpr* expr);
  void logical(Register result, LogicalExpr* expr);
  void comprehension(Register result, ComprehensionExpr* expr);
  void open_loop(const ComprehensionClause& clause, std::vector<Loop>& open, Jumps& exhausted);
  void function_value(Register result, Function* function);
  std::size_t attribute_name(NameId name);
  std::uint32_t method_number(NameId name);

  // Conditions: jump when the truth of `expr` is `sense`, go on otherwise.
  void jump_if(Expr* expr, bool sense, Jumps& jumps);
  void jump_if_logical(LogicalExpr* expr, bool sense, Jumps& jumps);
  void jump_if_compare(CompareExpr* expr, bool sense, Jumps& jumps);
  void jump_compare(Register left, const ComparePart& part, std::optional<Register> right,
                    bool sense, Jumps& jumps);
  bool jump_compare_constant(Register left, const ComparePart& part, bool sense, Jumps& jumps);
  void compare(Register result, CompareExpr* expr);

  // Calls
  void call(Register result, Register base, CallExpr* expr);
  void call_with_site(Register result, Register base, CallExpr* expr, const DotExpr* method);

  ModuleCompiler& shared_;
  Function* function_;
  FunctionScope* scope_;
  Emitter emitter_;
  Flow flow_;
  std::vector<Loop> loops_;
  std::vector<Expr*> links_;  // the stack of chain()
};

// The value of an int literal, with a minus or not, if it fits 16 bits.
std::optional<std::int16_t> small_int(const Expr* expr);
// A literal as a constant.
std::optional<Constant> literal(const Expr* expr);
bool is_none(const Expr* expr);

}  // namespace larkspur::starlark
