// Expressions as they are parsed.
#pragma once

#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/nodes.h"

namespace diptych::jinja {

struct Constant final : Expression {
  Value evaluate(Interpreter&) const override { return value; }
  Value value;
};

struct Name final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  Symbol symbol = 0;
};

struct ListExpression final : Expression {  // [a, b] and (a, b)
  Value evaluate(Interpreter& interpreter) const override;
  bool tuple = false;
  std::vector<const Expression*> items;
};

struct DictExpression final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  std::vector<std::pair<const Expression*, const Expression*>> entries;
};

struct Attribute final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* object = nullptr;
  std::string name;
};

struct Item final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* object = nullptr;
  const Expression* key = nullptr;
};

struct SliceExpression final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* object = nullptr;
  const Expression* bounds[3] = {};  // null: left out
};

struct CallArguments {
  Arguments evaluate(Interpreter& interpreter) const;
  std::vector<const Expression*> positional;
  std::vector<std::pair<std::string, const Expression*>> named;
  const Expression* more_positional = nullptr;  // *args
  const Expression* more_named = nullptr;       // **kwargs
};

struct Call final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* callee = nullptr;
  CallArguments arguments;
};

struct FilterExpression final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  Value apply_to(Interpreter& interpreter, const Value& value) const;
  const Expression* operand = nullptr;  // null: the output of a block
  std::string name;
  const Filter* filter = nullptr;  // null: unknown, an error when it runs
  CallArguments arguments;
};

struct TestExpression final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* operand = nullptr;
  std::string name;
  const Test* test = nullptr;
  bool negated = false;
  CallArguments arguments;
};

struct Not final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* operand = nullptr;
};

struct Sign final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* operand = nullptr;
  bool negative = true;
};

struct Logic final : Expression {  // a and b, a or b
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* left = nullptr;
  const Expression* right = nullptr;
  bool conjunction = true;
};

struct Arithmetic final : Expression {
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* left = nullptr;
  const Expression* right = nullptr;
  Operator op = Operator::add;
};

struct Concatenation final : Expression {  // a ~ b ~ c
  Value evaluate(Interpreter& interpreter) const override;
  std::vector<const Expression*> parts;
};

enum class Relation { equal, unequal, less, at_most, greater, at_least, in, not_in };

struct Comparison final : Expression {  // a < b <= c
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* first = nullptr;
  std::vector<std::pair<Relation, const Expression*>> rest;
};

struct Conditional final : Expression {  // a if b else c
  Value evaluate(Interpreter& interpreter) const override;
  const Expression* condition = nullptr;
  const Expression* then = nullptr;
  const Expression* otherwise = nullptr;  // null: undefined
};

}  // namespace diptych::jinja
