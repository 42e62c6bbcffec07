// Operators, by precedence from the loosest to the tightest.
#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/parser.h"

namespace diptych::jinja {

Parser::Nesting::Nesting(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > max_source_depth) {
    --parser_.depth_;
    parser_.fail_here("it nests more than " + std::to_string(max_source_depth) + " levels deep");
  }
}

void Parser::count_link(int& links) const {
  if (++links > max_chain)
    fail_here("an expression has more than " + std::to_string(max_chain) + " operators in a row");
}

const Expression* Parser::expression(bool with_condition) {
  return with_condition ? conditional() : disjunction();
}

const Expression* Parser::conditional() {
  const Nesting nesting(*this);
  const Expression* value = disjunction();
  int links = 0;
  while (current().is_name("if")) {
    count_link(links);
    auto* made = make<Conditional>();
    next();
    ++conditions_;
    made->then = value;
    made->condition = disjunction();
    if (take_name("else")) made->otherwise = conditional();
    --conditions_;
    value = made;
  }
  return value;
}

const Expression* Parser::disjunction() {
  const Expression* left = conjunction();
  int links = 0;
  while (current().is_name("or")) {
    count_link(links);
    auto* made = make<Logic>();
    next();
    made->conjunction = false;
    made->left = left;
    made->right = conjunction();
    left = made;
  }
  return left;
}

const Expression* Parser::conjunction() {
  const Expression* left = negation();
  int links = 0;
  while (current().is_name("and")) {
    count_link(links);
    auto* made = make<Logic>();
    next();
    made->left = left;
    made->right = negation();
    left = made;
  }
  return left;
}

const Expression* Parser::negation() {
  if (!current().is_name("not")) return comparison();
  const Nesting nesting(*this);
  auto* made = make<Not>();
  next();
  made->operand = negation();
  return made;
}

const Expression* Parser::comparison() {
  constexpr std::pair<std::string_view, Relation> relations[] = {{"==", Relation::equal},  {"!=", Relation::unequal},
                                                                 {"<", Relation::less},    {"<=", Relation::at_most},
                                                                 {">", Relation::greater}, {">=", Relation::at_least}};
  const int line = current().line;
  const Expression* first = sum();
  std::vector<std::pair<Relation, const Expression*>> rest;
  for (;;) {
    std::optional<Relation> relation;
    for (const auto& [symbol, meaning] : relations) {
      if (current().is_symbol(symbol)) relation = meaning;
    }
    if (current().is_name("in")) relation = Relation::in;
    if (current().is_name("not") && ahead().is_name("in")) {
      next();
      relation = Relation::not_in;
    }
    if (!relation) break;
    next();
    rest.emplace_back(*relation, sum());
  }
  if (rest.empty()) return first;
  auto* made = program_.make<Comparison>(line);
  made->first = first;
  made->rest = std::move(rest);
  return made;
}

const Expression* Parser::sum() {
  const Expression* left = concatenation();
  int links = 0;
  while (current().is_symbol("+") || current().is_symbol("-")) {
    count_link(links);
    auto* made = make<Arithmetic>();
    made->op = next().text == "+" ? Operator::add : Operator::subtract;
    made->left = left;
    made->right = concatenation();
    left = made;
  }
  return left;
}

const Expression* Parser::concatenation() {
  const int line = current().line;
  const Expression* first = product();
  if (!current().is_symbol("~")) return first;
  auto* made = program_.make<Concatenation>(line);
  made->parts.push_back(first);
  while (take_symbol("~")) made->parts.push_back(product());
  return made;
}

const Expression* Parser::product() {
  constexpr std::pair<std::string_view, Operator> operators[] = {
      {"*", Operator::multiply}, {"/", Operator::divide}, {"//", Operator::floor_divide}, {"%", Operator::modulo}};
  const Expression* left = power();
  int links = 0;
  for (;;) {
    const auto* found = std::find_if(std::begin(operators), std::end(operators),
                                     [&](const auto& each) { return current().is_symbol(each.first); });
    if (found == std::end(operators)) return left;
    count_link(links);
    auto* made = make<Arithmetic>();
    next();
    made->op = found->second;
    made->left = left;
    made->right = power();
    left = made;
  }
}

const Expression* Parser::power() {
  const Expression* left = unary();
  int links = 0;
  while (current().is_symbol("**")) {
    count_link(links);
    auto* made = make<Arithmetic>();
    next();
    made->op = Operator::power;
    made->left = left;
    made->right = unary();
    left = made;
  }
  return left;
}

const Expression* Parser::unary(bool with_filter) {
  const Expression* operand = nullptr;
  if (current().is_symbol("-") || current().is_symbol("+")) {
    const Nesting nesting(*this);
    auto* made = make<Sign>();
    made->negative = next().text == "-";
    made->operand = unary(false);
    operand = made;
  } else {
    operand = primary();
  }
  operand = postfix(operand);
  return with_filter ? filters_and_tests(operand) : operand;
}

const Expression* Parser::postfix(const Expression* operand) {
  int links = 0;
  for (;;) {
    if (current().is_symbol(".") || current().is_symbol("[")) {
      operand = subscript(operand);
    } else if (current().is_symbol("(")) {
      operand = call(operand);
    } else {
      return operand;
    }
    count_link(links);
  }
}

const Expression* Parser::filters_and_tests(const Expression* operand) {
  int links = 0;
  for (;;) {
    if (current().is_symbol("|")) {
      operand = filter(operand);
    } else if (current().is_name("is")) {
      operand = test(operand);
    } else if (current().is_symbol("(")) {
      operand = call(operand);
    } else {
      return operand;
    }
    count_link(links);
  }
}

}  // namespace diptych::jinja
