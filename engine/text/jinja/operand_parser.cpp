// What operators work on: literals, names, subscripts, calls, filters and tests.
#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/numbers.h"
#include "engine/text/jinja/parser.h"

namespace diptych::jinja {

const Expression* Parser::primary() {
  const auto constant = [&](Value value) {
    auto* made = make<Constant>();
    made->value = std::move(value);
    next();
    return made;
  };
  const Token& token = current();
  switch (token.kind) {
    case TokenKind::name: {
      if (token.text == "true" || token.text == "True") return constant(Value::of(true));
      if (token.text == "false" || token.text == "False") return constant(Value::of(false));
      if (token.text == "none" || token.text == "None") return constant(Value::none());
      auto* made = make<Name>();
      if (macro_ != nullptr) {
        macro_->uses_varargs |= token.text == "varargs";
        macro_->uses_kwargs |= token.text == "kwargs";
        macro_->uses_caller |= token.text == "caller";
      }
      made->symbol = program_.symbol(next().text);
      return made;
    }
    case TokenKind::text:
      return text();
    case TokenKind::integer: {
      std::optional<int64_t> value;
      try {
        value = parse_integer(token.text, 0);
      } catch (const Failure& failure) {
        fail_here(failure.what());
      }
      if (!value) unexpected();
      return constant(Value::of(*value));
    }
    case TokenKind::real: {
      const auto value = parse_real(token.text);
      if (!value) unexpected();
      return constant(Value::of(*value));
    }
    case TokenKind::symbol:
      if (token.text == "(") {
        next();
        const Expression* inner = tuple(true, true);
        expect_symbol(")");
        return inner;
      }
      if (token.text == "[") return list();
      if (token.text == "{") return dict();
      unexpected();
    default:
      unexpected();
  }
}

const Expression* Parser::text() {
  auto* made = make<Constant>();
  std::string joined = next().text;
  while (current().kind == TokenKind::text) joined += next().text;  // 'a' 'b' is 'ab'
  made->value = Value::of(std::make_shared<const Text>(std::move(joined), false, nullptr));
  return made;
}

bool Parser::tuple_ends(std::string_view end_name) const {
  const Token& token = current();
  return token.kind == TokenKind::variable_end || token.kind == TokenKind::block_end || token.is_symbol(")") ||
         (!end_name.empty() && token.is_name(end_name));
}

const Expression* Parser::tuple(bool with_condition, bool in_parentheses, std::string_view end_name) {
  const Nesting nesting(*this);
  const int line = current().line;
  std::vector<const Expression*> items;
  bool comma = false;
  for (;;) {
    if (!items.empty()) {
      if (!take_symbol(",")) break;
      comma = true;
    }
    if (tuple_ends(end_name)) break;
    items.push_back(expression(with_condition));
  }
  if (!comma && !items.empty()) return items.front();
  if (!comma && !in_parentheses) unexpected();
  auto* made = program_.make<ListExpression>(line);
  made->tuple = true;
  made->items = std::move(items);
  return made;
}

const Expression* Parser::list() {
  const Nesting nesting(*this);
  auto* made = make<ListExpression>();
  expect_symbol("[");
  while (!current().is_symbol("]")) {
    if (!made->items.empty()) expect_symbol(",");
    if (current().is_symbol("]")) break;
    made->items.push_back(expression());
  }
  expect_symbol("]");
  return made;
}

const Expression* Parser::dict() {
  const Nesting nesting(*this);
  auto* made = make<DictExpression>();
  expect_symbol("{");
  while (!current().is_symbol("}")) {
    if (!made->entries.empty()) expect_symbol(",");
    if (current().is_symbol("}")) break;
    const Expression* key = expression();
    expect_symbol(":");
    made->entries.emplace_back(key, expression());
  }
  expect_symbol("}");
  return made;
}

const Expression* Parser::subscript(const Expression* object) {
  const Nesting nesting(*this);
  if (take_symbol(".")) {
    if (current().kind == TokenKind::integer) {
      auto* made = make<Item>();
      made->object = object;
      auto* key = make<Constant>();
      key->value = Value::of(parse_integer(next().text, 0).value_or(0));
      made->key = key;
      return made;
    }
    auto* made = make<Attribute>();
    made->object = object;
    made->name = identifier("name or number");
    return made;
  }
  expect_symbol("[");
  if (current().is_symbol("]")) unexpected();
  const Expression* first = subscript_argument(object);
  if (!current().is_symbol(",")) {
    expect_symbol("]");
    if (dynamic_cast<const SliceExpression*>(first) != nullptr) return first;
    auto* made = make<Item>();
    made->object = object;
    made->key = first;
    return made;
  }
  auto* key = make<ListExpression>();  // a[1, 2] has a tuple for its key
  key->tuple = true;
  key->items.push_back(first);
  while (take_symbol(",")) {
    if (current().is_symbol("]")) break;
    key->items.push_back(expression());
  }
  expect_symbol("]");
  auto* made = make<Item>();
  made->object = object;
  made->key = key;
  return made;
}

const Expression* Parser::subscript_argument(const Expression* object) {
  const int line = current().line;
  const Expression* first = nullptr;
  if (!current().is_symbol(":")) {
    first = expression();
    if (!current().is_symbol(":")) return first;
  }
  auto* made = program_.make<SliceExpression>(line);
  made->object = object;
  made->bounds[0] = first;
  const auto bound = [&]() -> const Expression* {
    if (current().is_symbol(":") || current().is_symbol("]") || current().is_symbol(",")) return nullptr;
    return expression();
  };
  expect_symbol(":");
  made->bounds[1] = bound();
  if (take_symbol(":")) made->bounds[2] = bound();
  if (!current().is_symbol("]")) unexpected();  // a slice inside a tuple means nothing to any value here
  return made;
}

const Expression* Parser::call(const Expression* callee) {
  auto* made = make<Call>();
  made->callee = callee;
  made->arguments = call_arguments();
  return made;
}

CallArguments Parser::call_arguments() {
  const Nesting nesting(*this);
  CallArguments arguments;
  expect_symbol("(");
  bool first = true;
  while (!current().is_symbol(")")) {
    if (!first) {
      expect_symbol(",");
      if (current().is_symbol(")")) break;
    }
    first = false;
    if (take_symbol("*")) {
      if (arguments.more_positional != nullptr || arguments.more_named != nullptr) unexpected();
      arguments.more_positional = expression();
    } else if (take_symbol("**")) {
      if (arguments.more_named != nullptr) unexpected();
      arguments.more_named = expression();
    } else if (current().kind == TokenKind::name && ahead().is_symbol("=")) {
      if (arguments.more_named != nullptr) unexpected();
      std::string name = next().text;
      next();
      arguments.named.emplace_back(std::move(name), expression());
    } else {
      if (!arguments.named.empty() || arguments.more_positional != nullptr || arguments.more_named != nullptr)
        fail_here("a positional argument follows a named one");
      arguments.positional.push_back(expression());
    }
  }
  expect_symbol(")");
  return arguments;
}

std::string Parser::dotted_name(std::string_view what) {
  std::string name = identifier(what);
  while (take_symbol(".")) name += "." + identifier(what);
  return name;
}

void Parser::check_known(bool known, const std::string& what, const std::string& name) const {
  if (!known && conditions_ == 0) fail_here("No " + what + " named '" + name + "'");
}

const Expression* Parser::filter(const Expression* operand) {
  auto* made = make<FilterExpression>();
  expect_symbol("|");
  made->operand = operand;
  made->name = dotted_name("name of a filter");
  made->filter = find_filter(made->name);
  check_known(made->filter != nullptr, "filter", made->name);
  if (current().is_symbol("(")) made->arguments = call_arguments();
  return made;
}

const Expression* Parser::test(const Expression* operand) {
  auto* made = make<TestExpression>();
  expect_name("is");
  made->operand = operand;
  made->negated = take_name("not");
  made->name = dotted_name("name of a test");
  made->test = find_test(made->name);
  check_known(made->test != nullptr, "test", made->name);
  const Token& token = current();
  const bool operand_follows = token.kind == TokenKind::name || token.kind == TokenKind::text ||
                               token.kind == TokenKind::integer || token.kind == TokenKind::real ||
                               token.is_symbol("[") || token.is_symbol("{");
  if (token.is_symbol("(")) {
    made->arguments = call_arguments();
  } else if (operand_follows && !token.is_name("else") && !token.is_name("or") && !token.is_name("and")) {
    if (token.is_name("is")) fail_here("You cannot chain multiple tests with is");
    const Nesting nesting(*this);
    made->arguments.positional.push_back(postfix(primary()));
  }
  return made;
}

}  // namespace diptych::jinja
