// What each kind of statement does, but for loops and macros.
#include "engine/text/jinja/interpreter.h"

namespace diptych::jinja {
namespace {

Value filtered(Interpreter& interpreter, const std::vector<const FilterExpression*>& filters, Value value) {
  for (const FilterExpression* filter : filters) value = filter->apply_to(interpreter, value);
  return value;
}

}  // namespace

Flow Output::execute(Interpreter& interpreter) const {
  interpreter.write(text);
  return Flow::normal;
}

Flow Print::execute(Interpreter& interpreter) const {
  const Value result = interpreter.evaluate(*value);
  if (result.is_text()) {
    interpreter.write(result.bytes());
  } else {
    interpreter.write(print(interpreter.runtime, result));
  }
  return Flow::normal;
}

void Target::assign(Interpreter& interpreter, const Value& value) const {
  if (is_tuple) {
    const std::vector<Value> values = interpreter.runtime.items_of(value);
    if (values.size() != parts.size())
      fail("cannot unpack " + std::to_string(values.size()) + " values into " + std::to_string(parts.size()));
    for (size_t i = 0; i < parts.size(); ++i) parts[i].assign(interpreter, values[i]);
    return;
  }
  if (attribute.empty()) return interpreter.assign(symbol, value);
  const Value object = interpreter.lookup(symbol);
  auto* space = object.is_object() ? dynamic_cast<Namespace*>(&object.object()) : nullptr;
  if (space == nullptr) fail("cannot assign attribute on non-namespace object");
  space->set(interpreter.runtime, interpreter.runtime.text(attribute), value);
}

Flow If::execute(Interpreter& interpreter) const {
  for (const Branch& branch : branches) {
    if (is_true(interpreter.evaluate(*branch.condition))) return interpreter.execute(branch.body);
  }
  return interpreter.execute(otherwise);
}

Flow LoopControl::execute(Interpreter&) const {
  return breaks ? Flow::break_loop : Flow::next_iteration;
}

Flow Set::execute(Interpreter& interpreter) const {
  target.assign(interpreter, interpreter.evaluate(*value));
  return Flow::normal;
}

Flow SetBlock::execute(Interpreter& interpreter) const {
  Value text;
  {
    Interpreter::Capture capture(interpreter);
    const Interpreter::InScope scope(interpreter);
    if (const Flow flow = interpreter.execute(body); flow != Flow::normal) return flow;
    text = capture.text();
  }
  target.assign(interpreter, filtered(interpreter, filters, std::move(text)));
  return Flow::normal;
}

Flow FilterBlock::execute(Interpreter& interpreter) const {
  Value text;
  {
    Interpreter::Capture capture(interpreter);
    const Interpreter::InScope scope(interpreter);
    if (const Flow flow = interpreter.execute(body); flow != Flow::normal) return flow;
    text = capture.text();
  }
  interpreter.write(print(interpreter.runtime, filtered(interpreter, filters, std::move(text))));
  return Flow::normal;
}

Flow With::execute(Interpreter& interpreter) const {
  std::vector<Value> evaluated;  // outside of the new scope
  evaluated.reserve(values.size());
  for (const auto& [target, value] : values) evaluated.push_back(interpreter.evaluate(*value));
  const Interpreter::InScope scope(interpreter);
  for (size_t i = 0; i < values.size(); ++i) values[i].first.assign(interpreter, evaluated[i]);
  return interpreter.execute(body);
}

Flow ScopedBody::execute(Interpreter& interpreter) const {
  const Interpreter::InScope scope(interpreter);
  return interpreter.execute(body);
}

}  // namespace diptych::jinja
