#include "engine/text/jinja/interpreter.h"

namespace diptych::jinja {

Interpreter::Interpreter(Runtime& shared_runtime, const Template& parsed) : runtime(shared_runtime), program(parsed) {
  scopes_.push_back(std::make_unique<Scope>());
  scope_ = scopes_.back().get();
}

void Interpreter::define(std::string_view name, Value value) {
  const auto found = program.symbol_ids.find(std::string(name));
  if (found != program.symbol_ids.end()) assign(found->second, std::move(value));
}

std::string Interpreter::run() {
  execute(program.body);
  return std::move(output_);
}

Value Interpreter::lookup(Symbol symbol) {
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->parent) {
    for (const auto& [known, value] : scope->values) {
      if (known == symbol) return value;
    }
    runtime.budget.work(1 + scope->values.size() / 8);
  }
  const std::string& name = program.symbols[static_cast<size_t>(symbol)];
  if (auto global = find_global(runtime, name)) return *global;
  return Value::undefined("'" + name + "' is undefined");
}

void Interpreter::assign(Symbol symbol, Value value) {
  for (auto& [known, old] : scope_->values) {
    if (known != symbol) continue;
    old = std::move(value);
    return;
  }
  scope_->values.emplace_back(symbol, std::move(value));
}

void Interpreter::keep_scopes() {
  for (Scope* scope = scope_; scope != nullptr && !scope->kept; scope = scope->parent) {
    scope->kept = true;
    runtime.budget.hold(sizeof(Scope) + 4 * sizeof(scope->values[0]));
  }
}

Value Interpreter::evaluate(const Expression& expression) {
  runtime.budget.work();
  const Deeper deeper(runtime);
  return expression.evaluate(*this);
}

Flow Interpreter::execute(const Body& body) {
  const Deeper deeper(runtime);
  for (const Statement* statement : body) {
    runtime.budget.work();
    runtime.line = statement->line;
    const Flow flow = statement->execute(*this);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

void Interpreter::write(std::string_view text) {
  runtime.budget.work_on_bytes(text.size());
  runtime.budget.hold(text.size());
  if (out_->size() + text.size() > runtime.budget.limits().output_bytes)
    throw LimitFailure("it writes more than " + std::to_string(runtime.budget.limits().output_bytes >> 20) + " MiB");
  out_->append(text);
}

Interpreter::Capture::Capture(Interpreter& interpreter) : interpreter_(interpreter), outer_(interpreter.out_) {
  interpreter.out_ = &buffer_;
}

Interpreter::Capture::~Capture() {
  interpreter_.out_ = outer_;
  interpreter_.runtime.budget.release(buffer_.size());
}

Value Interpreter::Capture::text() {
  return interpreter_.runtime.text(buffer_);
}

Interpreter::InScope::InScope(Interpreter& interpreter, Scope* parent)
    : interpreter_(interpreter), outer_(interpreter.scope_) {
  if (interpreter.free_scopes_.empty()) {
    interpreter.scopes_.push_back(std::make_unique<Scope>());
    interpreter.free_scopes_.push_back(interpreter.scopes_.back().get());
  }
  interpreter.scope_ = interpreter.free_scopes_.back();
  interpreter.free_scopes_.pop_back();
  interpreter.scope_->parent = parent;
}

Interpreter::InScope::~InScope() {
  Scope* const done = interpreter_.scope_;
  if (!done->kept) {
    done->values.clear();
    interpreter_.free_scopes_.push_back(done);
  }
  interpreter_.scope_ = outer_;
}

}  // namespace diptych::jinja
