// What each kind of expression gives.
#include "engine/text/jinja/interpreter.h"

namespace diptych::jinja {

Value Name::evaluate(Interpreter& interpreter) const {
  return interpreter.lookup(symbol);
}

Value ListExpression::evaluate(Interpreter& interpreter) const {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const Expression* item : items) values.push_back(interpreter.evaluate(*item));
  return interpreter.runtime.list(std::move(values), tuple ? ListKind::tuple : ListKind::list);
}

Value DictExpression::evaluate(Interpreter& interpreter) const {
  Dict::Entries made;
  made.reserve(entries.size());
  for (const auto& [key, value] : entries) {
    Value name = interpreter.evaluate(*key);
    made.emplace_back(std::move(name), interpreter.evaluate(*value));
  }
  return interpreter.runtime.dict(std::move(made));
}

Value Attribute::evaluate(Interpreter& interpreter) const {
  return get_attribute(interpreter.runtime, interpreter.evaluate(*object), name);
}

Value Item::evaluate(Interpreter& interpreter) const {
  const Value container = interpreter.evaluate(*object);
  return get_item(interpreter.runtime, container, interpreter.evaluate(*key));
}

Value SliceExpression::evaluate(Interpreter& interpreter) const {
  const Value container = interpreter.evaluate(*object);
  Value values[3];
  for (int i = 0; i < 3; ++i) values[i] = bounds[i] != nullptr ? interpreter.evaluate(*bounds[i]) : Value::none();
  return slice(interpreter.runtime, container, values[0], values[1], values[2]);
}

Arguments CallArguments::evaluate(Interpreter& interpreter) const {
  Arguments made;
  for (const Expression* argument : positional) made.positional.push_back(interpreter.evaluate(*argument));
  if (more_positional != nullptr) {
    for (Value& value : interpreter.runtime.items_of(interpreter.evaluate(*more_positional)))
      made.positional.push_back(std::move(value));
  }
  for (const auto& [name, argument] : named) made.named.emplace_back(name, interpreter.evaluate(*argument));
  if (more_named != nullptr) {
    const Value more = interpreter.evaluate(*more_named);
    if (!more.is_dict()) fail("argument after ** must be a mapping, not " + type_name(more));
    for (const auto& [name, value] : more.dict().entries()) {
      if (!name.is_text()) fail("keywords must be strings");
      made.named.emplace_back(name.bytes(), value);
    }
  }
  return made;
}

Value Call::evaluate(Interpreter& interpreter) const {
  const Value function = interpreter.evaluate(*callee);
  Arguments given = arguments.evaluate(interpreter);
  return interpreter.runtime.call(function, given);
}

Value FilterExpression::evaluate(Interpreter& interpreter) const {
  return apply_to(interpreter, interpreter.evaluate(*operand));
}

Value FilterExpression::apply_to(Interpreter& interpreter, const Value& value) const {
  if (filter == nullptr) fail("No filter named '" + name + "'");
  Arguments given = arguments.evaluate(interpreter);
  return filter->apply(interpreter.runtime, value, given);
}

Value TestExpression::evaluate(Interpreter& interpreter) const {
  if (test == nullptr) fail("No test named '" + name + "'");
  const Value value = interpreter.evaluate(*operand);
  Arguments given = arguments.evaluate(interpreter);
  return Value::of(test->holds(interpreter.runtime, value, given) != negated);
}

Value Not::evaluate(Interpreter& interpreter) const {
  return Value::of(!is_true(interpreter.evaluate(*operand)));
}

Value Sign::evaluate(Interpreter& interpreter) const {
  const Value value = interpreter.evaluate(*operand);
  return negative ? negate(value) : plus(value);
}

Value Logic::evaluate(Interpreter& interpreter) const {
  Value value = interpreter.evaluate(*left);
  if (is_true(value) != conjunction) return value;
  return interpreter.evaluate(*right);
}

Value Arithmetic::evaluate(Interpreter& interpreter) const {
  const Value first = interpreter.evaluate(*left);
  return apply(interpreter.runtime, op, first, interpreter.evaluate(*right));
}

Value Concatenation::evaluate(Interpreter& interpreter) const {
  std::string out;
  for (const Expression* part : parts) {
    out += print(interpreter.runtime, interpreter.evaluate(*part));
    interpreter.runtime.budget.check_memory(out.size());
  }
  return interpreter.runtime.text(std::move(out));
}

namespace {

bool holds(Runtime& runtime, Relation relation, const Value& left, const Value& right) {
  switch (relation) {
    case Relation::equal:
      return equal(runtime, left, right);
    case Relation::unequal:
      return !equal(runtime, left, right);
    case Relation::less:
      return less(runtime, left, right);
    case Relation::greater:
      return less(runtime, right, left);
    case Relation::at_most:
      return less(runtime, left, right) || equal(runtime, left, right);
    case Relation::at_least:
      return less(runtime, right, left) || equal(runtime, left, right);
    case Relation::in:
      return contains(runtime, right, left);
    case Relation::not_in:
      return !contains(runtime, right, left);
  }
  return false;
}

}  // namespace

Value Comparison::evaluate(Interpreter& interpreter) const {
  Value left = interpreter.evaluate(*first);
  for (const auto& [relation, operand] : rest) {
    Value right = interpreter.evaluate(*operand);
    if (!holds(interpreter.runtime, relation, left, right)) return Value::of(false);
    left = std::move(right);
  }
  return Value::of(true);
}

Value Conditional::evaluate(Interpreter& interpreter) const {
  if (is_true(interpreter.evaluate(*condition))) return interpreter.evaluate(*then);
  if (otherwise != nullptr) return interpreter.evaluate(*otherwise);
  return Value::undefined("the inline if-expression evaluated to false and no else section was defined");
}

}  // namespace diptych::jinja
