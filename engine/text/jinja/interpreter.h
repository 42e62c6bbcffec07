// Runs a template: names and scopes, output, loops and macros.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/text/jinja/runtime.h"
#include "engine/text/jinja/statements.h"

namespace diptych::jinja {

// Names of one body. A loop's body has a fresh one for each turn.
struct Scope {
  Scope* parent = nullptr;
  bool kept = false;  // a macro or a recursive loop looks names up here: lives until the rendering ends
  std::vector<std::pair<Symbol, Value>> values;
};

class Interpreter {
 public:
  Interpreter(Runtime& shared_runtime, const Template& parsed);

  void define(std::string_view name, Value value);  // before run(); names that the template does not use are dropped
  bool uses(std::string_view name) const { return program.symbol_ids.contains(std::string(name)); }
  std::string run();

  Value lookup(Symbol symbol);
  void assign(Symbol symbol, Value value);
  Scope* scope() { return scope_; }
  void keep_scopes();  // the current one and those around it

  Value evaluate(const Expression& expression);
  Flow execute(const Body& body);
  void write(std::string_view text);

  // Collects what is written until it is finished.
  class Capture {
   public:
    explicit Capture(Interpreter& interpreter);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    Value text();

   private:
    Interpreter& interpreter_;
    std::string buffer_;
    std::string* outer_;
  };

  class InScope {
   public:
    InScope(Interpreter& interpreter, Scope* parent);
    explicit InScope(Interpreter& interpreter) : InScope(interpreter, interpreter.scope_) {}
    ~InScope();
    InScope(const InScope&) = delete;
    InScope& operator=(const InScope&) = delete;

   private:
    Interpreter& interpreter_;
    Scope* outer_;
  };

  Value call_macro(const MacroDefinition& macro, Scope* defined_in, Arguments& arguments);
  Value make_macro(const MacroDefinition& macro);
  // The body for each item; `depth`: of recursion. The flow is that of a statement.
  void run_loop(const For& loop, std::vector<Value> items, int64_t depth);

  Runtime& runtime;
  const Template& program;

 private:
  std::vector<std::unique_ptr<Scope>> scopes_;
  std::vector<Scope*> free_scopes_;
  Scope* scope_ = nullptr;
  std::string output_;
  std::string* out_ = &output_;
};

}  // namespace diptych::jinja
