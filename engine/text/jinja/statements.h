// Statements as they are parsed.
#pragma once

#include "engine/text/jinja/expressions.h"
#include "engine/text/jinja/nodes.h"

namespace diptych::jinja {

struct Output final : Statement {  // text between tags
  Flow execute(Interpreter& interpreter) const override;
  std::string text;
};

struct Print final : Statement {  // {{ value }}
  Flow execute(Interpreter& interpreter) const override;
  const Expression* value = nullptr;
};

// What is assigned to: a name, an attribute of a namespace, or a tuple of targets.
struct Target {
  void assign(Interpreter& interpreter, const Value& value) const;
  Symbol symbol = 0;
  std::string attribute;  // empty: the name itself
  bool is_tuple = false;
  std::vector<Target> parts;
};

struct If final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  struct Branch {
    const Expression* condition;
    Body body;
  };
  std::vector<Branch> branches;  // if, elif, …
  Body otherwise;
};

struct For final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  Target target;
  const Expression* sequence = nullptr;
  const Expression* filter = nullptr;  // for … in … if filter
  bool recursive = false;
  Body body, otherwise;
};

struct LoopControl final : Statement {  // break, continue
  Flow execute(Interpreter& interpreter) const override;
  bool breaks = true;
};

struct Set final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  Target target;
  const Expression* value = nullptr;
};

struct SetBlock final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  Target target;
  std::vector<const FilterExpression*> filters;  // applied in order
  Body body;
};

struct FilterBlock final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  std::vector<const FilterExpression*> filters;
  Body body;
};

struct With final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  std::vector<std::pair<Target, const Expression*>> values;
  Body body;
};

// A body in a scope of its own: {% block %}, {% generation %}.
struct ScopedBody final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  Body body;
};

struct MacroDefinition {
  struct Parameter {
    Symbol symbol;
    std::string name;
    const Expression* fallback;  // null: none
  };
  std::string name;
  std::vector<Parameter> parameters;
  Body body;
  // Which of these the body names: only then does the macro take such arguments.
  bool uses_varargs = false, uses_kwargs = false, uses_caller = false;
  Symbol varargs = 0, kwargs = 0, caller = 0;
};

struct MacroStatement final : Statement {
  Flow execute(Interpreter& interpreter) const override;
  MacroDefinition definition;
  Symbol symbol = 0;
};

struct CallBlock final : Statement {  // {% call(x) macro(…) %}
  Flow execute(Interpreter& interpreter) const override;
  MacroDefinition caller;
  const Call* call = nullptr;
};

}  // namespace diptych::jinja
