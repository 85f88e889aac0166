// The parser's inside, shared by parser.cc (statements), expressions.cc, calls.cc and fstrings.cc.
// Recursive descent with one token of lookahead. After an error every token is kEndOfFile, which
// ends all loops; what is parsed until then is thrown away, so functions need not check.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starlark/syntax/arena.h"
#include "starlark/syntax/errors.h"
#include "starlark/syntax/lexer.h"
#include "starlark/syntax/names.h"
#include "starlark/syntax/parser.h"
#include "starlark/syntax/tree.h"

namespace larkspur::starlark {

// Collects the items of a list whose length nobody knows yet, on top of a stack that nested lists
// share.
template <class T>
class Gather {
 public:
  explicit Gather(std::vector<T>& stack) : stack_(stack), begin_(stack.size()) {}
  ~Gather() { stack_.resize(begin_); }
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  void add(T item) { stack_.push_back(item); }
  std::size_t size() const { return stack_.size() - begin_; }
  std::span<const T> items() const { return std::span(stack_).subspan(begin_); }
  std::span<T> finish(Arena& arena) { return arena.copy(items()); }

 private:
  std::vector<T>& stack_;
  std::size_t begin_;
};

class Parser {
 public:
  Parser(std::string_view source, Names& names, Arena& tree, Arena& texts, Errors& errors,
         const ParseOptions& options)
      : options_(options),
        source_(source),
        names_(names),
        arena_(tree),
        texts_(texts),
        errors_(errors),
        lexer_(source, names, texts, errors, options) {}

  Function* parse_script();

 private:
  // Tokens.
  void advance();
  bool at(TokenKind kind) const { return token_.kind == kind; }
  bool accept(TokenKind kind);
  std::uint32_t expect(TokenKind kind);  // gives the offset
  NameId expect_name();
  // The error that stops the parser, and one that does not.
  void fail(std::uint32_t offset, std::string message, std::string_view hint = {});
  void complain(std::uint32_t offset, std::string message, std::string_view hint = {});
  void fail_reserved();
  bool failed() const { return failed_; }
  bool recover();

  // The guard against deep nesting: every recursion of the grammar goes through one of these.
  class Nest {
   public:
    explicit Nest(Parser& parser);
    ~Nest() { --parser_.depth_; }
    Nest(const Nest&) = delete;
    Nest& operator=(const Nest&) = delete;

   private:
    Parser& parser_;
  };

  // Statements: parser.cc
  void parse_statement(Gather<Stmt*>& out);
  void parse_simple_statements(Gather<Stmt*>& out);
  Stmt* parse_simple_statement();
  Stmt* parse_expression_statement();
  Stmt* parse_assignment(Expr* target);
  Stmt* parse_augmented(Expr* target, TokenKind op);
  Stmt* parse_if();
  Stmt* parse_for();
  Stmt* parse_while();
  Stmt* parse_def();
  Stmt* parse_load();
  LoadItem parse_load_item();
  std::string_view parse_plain_string();
  Block parse_block();
  Block parse_branch();  // a block that runs not exactly once
  void reject_loop_else();
  void bind(Expr* target);
  void bind_name(NameId name);

  // Functions: calls.cc
  std::span<ParameterNode> parse_parameters(TokenKind closer, bool annotations);
  ParameterNode parse_parameter(bool annotations);
  void check_parameters(std::span<const ParameterNode> parameters);
  void check_parameter_kind(const ParameterNode& parameter, int& stage);
  std::span<Argument> parse_arguments();
  Argument parse_argument(bool first);
  void check_arguments(std::span<const Argument> arguments);
  bool is_repeated(NameId name, std::uint32_t list);
  Expr* parse_lambda(bool conditional_body);

  // Expressions: expressions.cc
  Expr* parse_expression(bool in_parens = false);  // may be a tuple without parentheses
  Expr* parse_test();
  Expr* parse_test_without_conditional();
  Expr* parse_or();
  Expr* parse_and();
  Expr* parse_not();
  Expr* parse_comparison();
  bool parse_comparison_operator(ComparePart& part);
  void reject_chain(std::uint32_t first);
  Expr* parse_binary(int least_precedence);
  Expr* parse_unary();
  Expr* parse_suffixed();
  Expr* parse_primary();
  Expr* parse_number();
  Expr* parse_string();
  Expr* parse_fstring();  // fstrings.cc
  Expr* parse_field(const Lexer::FString& style, FStringPart& part);
  Expr* parse_format_spec(const Lexer::FString& style);
  Expr* parse_parens();
  Expr* parse_list();
  Expr* parse_dict();
  Expr* parse_subscript(Expr* object);
  Expr* parse_loop_target();
  Expr* parse_comprehension(std::uint32_t offset, Expr* key, Expr* body, TokenKind closer);
  void reject_adjacent_string();

  template <class T>
  T* make(T node) {
    return arena_.make<T>(node);
  }
  Expr* bad() { return arena_.make<Expr>(); }
  Expr* make_text(ExprKind kind, std::uint32_t offset, std::string_view text) {
    return make(TextExpr{{kind, offset}, text});
  }

  const ParseOptions& options_;
  std::string_view source_;
  Names& names_;
  Arena& arena_;
  Arena& texts_;
  Errors& errors_;
  Lexer lexer_;
  Token token_;                 // the next one
  std::uint32_t last_end_ = 0;  // where the token before it ended
  bool failed_ = false;
  int depth_ = 0;
  int branch_depth_ = 0;  // branches and loops around this statement, in its function

  std::vector<Expr*> exprs_;  // the stacks of Gather
  std::vector<Stmt*> stmts_;
  std::vector<IfBranch> branches_;
  std::vector<Argument> arguments_;
  std::vector<ParameterNode> parameters_;
  std::vector<ComprehensionClause> clauses_;
  std::vector<ComparePart> compares_;
  std::vector<FStringPart> parts_;
  std::vector<Assigned> assigned_;
  std::vector<LoadItem> loads_;
  std::vector<std::uint32_t> seen_in_;  // by name: the list in which is_repeated() met it last
  std::uint32_t lists_ = 0;
};

// Where the text of an expression begins.
std::uint32_t begin_of(Expr* expr);

}  // namespace larkspur::starlark
