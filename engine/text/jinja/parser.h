// Recursive descent over the tokens, after Jinja's grammar. The depth of nesting is limited, so that no source can
// exhaust the stack.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/jinja/lexer.h"
#include "engine/text/jinja/statements.h"

namespace diptych::jinja {

class Parser {
 public:
  Parser(std::vector<Token> tokens, Template& program) : tokens_(std::move(tokens)), program_(program) {}
  void run();

 private:
  // Tokens.
  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token next();
  bool take_symbol(std::string_view symbol);
  bool take_name(std::string_view name);
  void expect_symbol(std::string_view symbol);
  void expect_name(std::string_view name);
  void expect(TokenKind kind, std::string_view what);
  std::string identifier(std::string_view what);
  [[noreturn]] void fail_here(const std::string& why) const;
  [[noreturn]] void unexpected() const;

  class Nesting {
   public:
    explicit Nesting(Parser& parser);
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };
  void count_link(int& links) const;  // one more step of a chain

  template <typename Made>
  Made* make() {
    return program_.make<Made>(current().line);
  }

  // Expressions (expression_parser.cpp, operand_parser.cpp).
  const Expression* expression(bool with_condition = true);
  const Expression* conditional();
  const Expression* disjunction();
  const Expression* conjunction();
  const Expression* negation();
  const Expression* comparison();
  const Expression* sum();
  const Expression* concatenation();
  const Expression* product();
  const Expression* power();
  const Expression* unary(bool with_filter = true);
  const Expression* postfix(const Expression* operand);
  const Expression* filters_and_tests(const Expression* operand);
  const Expression* filter(const Expression* operand);
  const Expression* test(const Expression* operand);
  const Expression* primary();
  const Expression* subscript(const Expression* object);
  const Expression* subscript_argument(const Expression* object);
  const Expression* call(const Expression* callee);
  CallArguments call_arguments();
  const Expression* list();
  const Expression* dict();
  const Expression* text();
  const Expression* tuple(bool with_condition = true, bool in_parentheses = false, std::string_view end_name = {});
  bool tuple_ends(std::string_view end_name) const;
  std::string dotted_name(std::string_view what);
  void check_known(bool known, const std::string& what, const std::string& name) const;

  // Statements (statement_parser.cpp).
  Body body(std::initializer_list<std::string_view> ends);
  const Statement* statement();
  void end_block(std::string_view name);
  const Statement* if_statement();
  const Statement* for_statement();
  const Statement* set_statement();
  const Statement* with_statement();
  const Statement* macro_statement();
  const Statement* call_statement();
  const Statement* filter_statement();
  const Statement* block_statement();
  const Statement* generation_statement();
  const Statement* loop_control(bool breaks);
  std::vector<const FilterExpression*> block_filters();
  void signature(MacroDefinition& macro);
  void macro_body(MacroDefinition& macro, std::string_view end);
  Target target(bool with_tuple, std::string_view end_name, bool with_attribute);
  Target single_target(bool with_attribute);

  std::vector<Token> tokens_;
  size_t at_ = 0;
  Template& program_;
  int depth_ = 0;
  int loops_ = 0;                     // open around the current statement, up to the next macro
  int conditions_ = 0;                // unknown filters inside a condition are errors only when they run
  MacroDefinition* macro_ = nullptr;  // whose body is being parsed
};

}  // namespace diptych::jinja
