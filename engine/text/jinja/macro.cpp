// Macros, call blocks and their arguments.
#include <algorithm>

#include "engine/text/jinja/interpreter.h"

namespace diptych::jinja {
namespace {

struct Macro final : Object {
  Macro(Interpreter& running, const MacroDefinition& macro, Scope* around)
      : interpreter(running), definition(macro), scope(around) {}
  std::string_view type_name() const override { return "Macro"; }
  std::string print(Runtime&) const override { return "<Macro '" + definition.name + "'>"; }
  bool callable() const override { return true; }
  Value call(Runtime&, Arguments& arguments) override { return interpreter.call_macro(definition, scope, arguments); }
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override {
    if (name == "name") return runtime.text(definition.name);
    if (name == "catch_kwargs") return Value::of(definition.uses_kwargs);
    if (name == "catch_varargs") return Value::of(definition.uses_varargs);
    if (name == "caller") return Value::of(definition.uses_caller);
    if (name != "arguments") return std::nullopt;
    std::vector<Value> names;
    for (const auto& parameter : definition.parameters) names.push_back(runtime.text(parameter.name));
    return runtime.tuple(std::move(names));
  }

  Interpreter& interpreter;
  const MacroDefinition& definition;
  Scope* scope;
};

std::optional<Value> take_named(Arguments& arguments, std::string_view name) {
  for (size_t i = 0; i < arguments.named.size(); ++i) {
    if (arguments.named[i].first != name) continue;
    Value value = std::move(arguments.named[i].second);
    arguments.named.erase(arguments.named.begin() + static_cast<std::ptrdiff_t>(i));
    return value;
  }
  return std::nullopt;
}

}  // namespace

Value Interpreter::make_macro(const MacroDefinition& macro) {
  keep_scopes();
  return Value::of(static_cast<Object*>(runtime.make<Macro>(*this, macro, scope_)));
}

Value Interpreter::call_macro(const MacroDefinition& macro, Scope* defined_in, Arguments& arguments) {
  Capture capture(*this);
  const InScope in_scope(*this, defined_in);
  const size_t count = macro.parameters.size();
  const bool caller_is_parameter = std::any_of(macro.parameters.begin(), macro.parameters.end(),
                                               [](const auto& parameter) { return parameter.name == "caller"; });
  std::vector<std::optional<Value>> values(count);
  for (size_t i = 0; i < count; ++i) {
    if (i < arguments.positional.size()) {
      values[i] = arguments.positional[i];
    } else {
      values[i] = take_named(arguments, macro.parameters[i].name);
    }
  }
  if (macro.uses_caller && !caller_is_parameter)
    assign(macro.caller, take_named(arguments, "caller").value_or(Value::undefined("No caller defined")));
  if (macro.uses_kwargs) {
    Dict::Entries rest;
    for (auto& [name, value] : arguments.named) rest.emplace_back(runtime.text(name), std::move(value));
    assign(macro.kwargs, runtime.dict(std::move(rest)));
  } else if (!arguments.named.empty()) {
    fail("macro '" + macro.name + "' takes no keyword argument '" + arguments.named.front().first + "'");
  }
  if (macro.uses_varargs) {
    const size_t used = std::min(count, arguments.positional.size());
    assign(macro.varargs, runtime.tuple({arguments.positional.begin() + static_cast<std::ptrdiff_t>(used),
                                         arguments.positional.end()}));
  } else if (arguments.positional.size() > count) {
    fail("macro '" + macro.name + "' takes not more than " + std::to_string(count) + " argument(s)");
  }
  // A default may name the parameters in front of it.
  for (size_t i = 0; i < count; ++i) {
    const auto& parameter = macro.parameters[i];
    if (!values[i]) {
      values[i] = parameter.fallback != nullptr
                      ? evaluate(*parameter.fallback)
                      : Value::undefined("parameter '" + parameter.name + "' was not provided");
    }
    assign(parameter.symbol, std::move(*values[i]));
  }
  execute(macro.body);
  return capture.text();
}

Flow MacroStatement::execute(Interpreter& interpreter) const {
  interpreter.assign(symbol, interpreter.make_macro(definition));
  return Flow::normal;
}

Flow CallBlock::execute(Interpreter& interpreter) const {
  const Value function = interpreter.evaluate(*call->callee);
  Arguments given = call->arguments.evaluate(interpreter);
  given.named.emplace_back("caller", interpreter.make_macro(caller));
  interpreter.write(print(interpreter.runtime, interpreter.runtime.call(function, given)));
  return Flow::normal;
}

}  // namespace diptych::jinja
