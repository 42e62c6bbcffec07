// Tags and the bodies between them.
#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/parser.h"

namespace diptych::jinja {

Symbol Template::symbol(const std::string& name) {
  const auto [found, added] = symbol_ids.try_emplace(name, static_cast<Symbol>(symbols.size()));
  if (added) symbols.push_back(name);
  return found->second;
}

std::shared_ptr<const Template> parse(const std::string& source) {
  if (source.size() > max_source_bytes)
    throw SyntaxFailure("it is larger than " + std::to_string(max_source_bytes >> 20) + " MiB", 1);
  auto program = std::make_shared<Template>();
  Parser(tokenize(source), *program).run();
  return program;
}

void Parser::run() {
  program_.body = body({});
}

Token Parser::next() {
  Token token = current();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::take_symbol(std::string_view symbol) {
  if (!current().is_symbol(symbol)) return false;
  next();
  return true;
}

bool Parser::take_name(std::string_view name) {
  if (!current().is_name(name)) return false;
  next();
  return true;
}

void Parser::fail_here(const std::string& why) const {
  throw SyntaxFailure(why, current().line);
}

void Parser::unexpected() const {
  switch (current().kind) {
    case TokenKind::end:
      fail_here("unexpected end of the template");
    case TokenKind::block_end:
    case TokenKind::variable_end:
      fail_here("unexpected end of a tag");
    case TokenKind::text:
      fail_here("unexpected string");
    default:
      fail_here("unexpected '" + current().text + "'");
  }
}

void Parser::expect_symbol(std::string_view symbol) {
  if (!take_symbol(symbol)) unexpected();
}

void Parser::expect_name(std::string_view name) {
  if (!take_name(name)) unexpected();
}

void Parser::expect(TokenKind kind, std::string_view) {
  if (current().kind != kind) unexpected();
  next();
}

std::string Parser::identifier(std::string_view) {
  if (current().kind != TokenKind::name) unexpected();
  return next().text;
}

// Up to one of the named tags, whose name is left to be read; with none of them, to the end of the source.
Body Parser::body(std::initializer_list<std::string_view> ends) {
  const Nesting nesting(*this);
  Body statements;
  for (;;) {
    switch (current().kind) {
      case TokenKind::end:
        if (ends.size() != 0) fail_here("unexpected end of the template: a block is not closed");
        return statements;
      case TokenKind::data: {
        auto* output = make<Output>();
        output->text = next().text;
        statements.push_back(output);
        break;
      }
      case TokenKind::variable_begin: {
        auto* print = make<Print>();
        next();
        print->value = tuple();
        expect(TokenKind::variable_end, "end of the expression");
        statements.push_back(print);
        break;
      }
      case TokenKind::block_begin: {
        next();
        if (current().kind != TokenKind::name) unexpected();
        for (const std::string_view end : ends) {
          if (current().is_name(end)) return statements;
        }
        statements.push_back(statement());
        expect(TokenKind::block_end, "end of the tag");
        break;
      }
      default:
        unexpected();
    }
  }
}

void Parser::end_block(std::string_view name) {
  expect_name(name);
}

const Statement* Parser::statement() {
  using Parse = const Statement* (Parser::*)();
  constexpr std::pair<std::string_view, Parse> tags[] = {{"if", &Parser::if_statement},
                                                         {"for", &Parser::for_statement},
                                                         {"set", &Parser::set_statement},
                                                         {"with", &Parser::with_statement},
                                                         {"macro", &Parser::macro_statement},
                                                         {"call", &Parser::call_statement},
                                                         {"filter", &Parser::filter_statement},
                                                         {"block", &Parser::block_statement},
                                                         {"generation", &Parser::generation_statement}};
  for (const auto& [name, parse_tag] : tags) {
    if (take_name(name)) return (this->*parse_tag)();
  }
  if (take_name("break")) return loop_control(true);
  if (take_name("continue")) return loop_control(false);
  if (take_name("print")) {
    auto* print = make<Print>();
    print->value = tuple();
    return print;
  }
  for (const char* name : {"include", "import", "from", "extends", "autoescape"}) {
    if (current().is_name(name)) fail_here(std::string("'") + name + "' is not available in chat templates");
  }
  fail_here("unknown tag '" + current().text + "'");
}

const Statement* Parser::if_statement() {
  auto* made = make<If>();
  ++conditions_;
  for (;;) {
    const Expression* condition = tuple(false);
    expect(TokenKind::block_end, "end of the tag");
    made->branches.push_back({condition, body({"elif", "else", "endif"})});
    if (!take_name("elif")) break;
  }
  if (take_name("else")) {
    expect(TokenKind::block_end, "end of the tag");
    made->otherwise = body({"endif"});
  }
  --conditions_;
  end_block("endif");
  return made;
}

const Statement* Parser::for_statement() {
  auto* made = make<For>();
  made->target = target(true, "in", false);
  expect_name("in");
  made->sequence = tuple(false, false, "recursive");
  if (take_name("if")) made->filter = expression();
  made->recursive = take_name("recursive");
  expect(TokenKind::block_end, "end of the tag");
  ++loops_;
  made->body = body({"endfor", "else"});
  --loops_;
  if (take_name("else")) {
    expect(TokenKind::block_end, "end of the tag");
    made->otherwise = body({"endfor"});
  }
  end_block("endfor");
  return made;
}

const Statement* Parser::loop_control(bool breaks) {
  if (loops_ == 0) fail_here(std::string("'") + (breaks ? "break" : "continue") + "' outside of a loop");
  auto* made = make<LoopControl>();
  made->breaks = breaks;
  return made;
}

const Statement* Parser::with_statement() {
  auto* made = make<With>();
  while (current().kind != TokenKind::block_end) {
    if (!made->values.empty()) expect_symbol(",");
    Target name = target(false, {}, false);
    expect_symbol("=");
    made->values.emplace_back(std::move(name), expression());
  }
  expect(TokenKind::block_end, "end of the tag");
  made->body = body({"endwith"});
  end_block("endwith");
  return made;
}

std::vector<const FilterExpression*> Parser::block_filters() {
  std::vector<const FilterExpression*> filters;
  int links = 0;
  while (current().is_symbol("|")) {
    filters.push_back(static_cast<const FilterExpression*>(filter(nullptr)));
    count_link(links);
  }
  return filters;
}

const Statement* Parser::set_statement() {
  const int line = current().line;
  Target name = target(true, {}, true);
  if (take_symbol("=")) {
    auto* made = program_.make<Set>(line);
    made->target = std::move(name);
    made->value = tuple();
    return made;
  }
  auto* made = program_.make<SetBlock>(line);
  made->target = std::move(name);
  made->filters = block_filters();
  expect(TokenKind::block_end, "end of the tag");
  made->body = body({"endset"});
  end_block("endset");
  return made;
}

const Statement* Parser::filter_statement() {
  auto* made = make<FilterBlock>();
  // The first one has no bar in front of it.
  tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(at_), {TokenKind::symbol, "|", current().line});
  made->filters = block_filters();
  expect(TokenKind::block_end, "end of the tag");
  made->body = body({"endfilter"});
  end_block("endfilter");
  return made;
}

const Statement* Parser::block_statement() {
  auto* made = make<ScopedBody>();
  const std::string name = identifier("name of the block");
  take_name("scoped");
  take_name("required");
  expect(TokenKind::block_end, "end of the tag");
  made->body = body({"endblock"});
  end_block("endblock");
  take_name(name);
  return made;
}

// Marks what an assistant wrote, for training; a function of its own in transformers, so its names stay inside.
const Statement* Parser::generation_statement() {
  auto* made = make<ScopedBody>();
  expect(TokenKind::block_end, "end of the tag");
  const int loops = std::exchange(loops_, 0);
  made->body = body({"endgeneration"});
  loops_ = loops;
  end_block("endgeneration");
  return made;
}

void Parser::signature(MacroDefinition& macro) {
  expect_symbol("(");
  bool fallbacks = false;
  while (!current().is_symbol(")")) {
    if (!macro.parameters.empty()) expect_symbol(",");
    const std::string name = identifier("name of a parameter");
    MacroDefinition::Parameter parameter{program_.symbol(name), name, nullptr};
    if (take_symbol("=")) {
      parameter.fallback = expression();
      fallbacks = true;
    } else if (fallbacks) {
      fail_here("a parameter without a default follows one with a default");
    }
    macro.parameters.push_back(std::move(parameter));
  }
  expect_symbol(")");
}

void Parser::macro_body(MacroDefinition& macro, std::string_view end) {
  const int loops = std::exchange(loops_, 0);
  MacroDefinition* const outer = std::exchange(macro_, &macro);
  expect(TokenKind::block_end, "end of the tag");
  macro.body = body({end});
  macro_ = outer;
  // What a macro inside this one names, it looks up from here.
  if (outer != nullptr) {
    outer->uses_varargs |= macro.uses_varargs;
    outer->uses_kwargs |= macro.uses_kwargs;
    outer->uses_caller |= macro.uses_caller;
  }
  loops_ = loops;
  macro.varargs = program_.symbol("varargs");
  macro.kwargs = program_.symbol("kwargs");
  macro.caller = program_.symbol("caller");
  end_block(end);
}

const Statement* Parser::macro_statement() {
  auto* made = make<MacroStatement>();
  made->definition.name = identifier("name of the macro");
  made->symbol = program_.symbol(made->definition.name);
  signature(made->definition);
  macro_body(made->definition, "endmacro");
  return made;
}

const Statement* Parser::call_statement() {
  auto* made = make<CallBlock>();
  made->caller.name = "caller";
  if (current().is_symbol("(")) signature(made->caller);
  made->call = dynamic_cast<const Call*>(expression());
  if (made->call == nullptr) fail_here("a call block needs a call");
  macro_body(made->caller, "endcall");
  return made;
}

Target Parser::single_target(bool with_attribute) {
  Target made;
  const std::string name = identifier("name");
  for (const char* constant : {"true", "false", "none", "True", "False", "None"}) {
    if (name == constant) fail_here("can't assign to '" + name + "'");
  }
  made.symbol = program_.symbol(name);
  if (with_attribute && take_symbol(".")) made.attribute = identifier("name of an attribute");
  return made;
}

// With parentheses or without: a, (b, c).
Target Parser::target(bool with_tuple, std::string_view end_name, bool with_attribute) {
  const Nesting nesting(*this);
  const auto one = [&] {
    if (with_tuple && take_symbol("(")) {
      Target inner = target(true, {}, with_attribute);
      expect_symbol(")");
      return inner;
    }
    return single_target(with_attribute);
  };
  Target first = one();
  if (!with_tuple || !current().is_symbol(",")) return first;
  Target made;
  made.is_tuple = true;
  made.parts.push_back(std::move(first));
  while (take_symbol(",")) {
    if (tuple_ends(end_name) || current().is_symbol("=")) break;
    made.parts.push_back(one());
  }
  return made;
}

}  // namespace diptych::jinja
