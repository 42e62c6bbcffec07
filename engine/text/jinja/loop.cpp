// for loops and the variable `loop`.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/interpreter.h"

namespace diptych::jinja {
namespace {

struct Loop final : Object {
  std::string_view type_name() const override { return "LoopContext"; }
  bool callable() const override { return true; }
  std::optional<int64_t> length() const override { return count; }

  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override {
    const auto number = [](int64_t value) { return Value::of(value); };
    if (name == "index") return number(index + 1);
    if (name == "index0") return number(index);
    if (name == "revindex") return number(count - index);
    if (name == "revindex0") return number(count - index - 1);
    if (name == "first") return Value::of(index == 0);
    if (name == "last") return Value::of(index + 1 == count);
    if (name == "length") return number(count);
    if (name == "depth") return number(depth + 1);
    if (name == "depth0") return number(depth);
    if (name == "previtem") return neighbour(index - 1, "there is no previous item");
    if (name == "nextitem") return neighbour(index + 1, "there is no next item");
    if (name == "cycle") return runtime.function("cycle", cycle, Value::of(static_cast<Object*>(this)));
    if (name == "changed") return runtime.function("changed", changed, Value::of(static_cast<Object*>(this)));
    return std::nullopt;
  }

  Value neighbour(int64_t at, const char* missing) const {
    if (at < 0 || at >= static_cast<int64_t>(items.size())) return Value::undefined(missing);
    return items[static_cast<size_t>(at)];
  }

  // loop(items) of a recursive loop: the loop's output for these.
  Value call(Runtime& runtime, Arguments& arguments) override {
    const Bound bound("loop", arguments, {"iterable"}, 1);
    if (!statement->recursive) fail("The loop must have the 'recursive' marker to be called recursively.");
    Interpreter::Capture capture(*interpreter);
    const Interpreter::InScope in_scope(*interpreter, scope);
    interpreter->run_loop(*statement, runtime.items_of(bound.get(0)), depth + 1);
    return capture.text();
  }

  static Value cycle(Runtime&, const Value& self, Arguments& arguments) {
    const auto& loop = static_cast<const Loop&>(self.object());
    if (arguments.positional.empty()) fail("no items for cycling given");
    return arguments.positional[static_cast<size_t>(loop.index) % arguments.positional.size()];
  }

  static Value changed(Runtime& runtime, const Value& self, Arguments& arguments) {
    auto& loop = static_cast<Loop&>(self.object());
    const Value now = runtime.tuple(arguments.positional);
    if (!loop.last_seen.is_undefined() && equal(runtime, loop.last_seen, now)) return Value::of(false);
    loop.last_seen = now;
    return Value::of(true);
  }

  Interpreter* interpreter = nullptr;
  const For* statement = nullptr;
  Scope* scope = nullptr;  // around the loop
  std::vector<Value> items;
  int64_t index = 0, count = 0, depth = 0;
  Value last_seen;
};

}  // namespace

void Interpreter::run_loop(const For& statement, std::vector<Value> items, int64_t depth) {
  const Deeper deeper(runtime);
  if (statement.filter != nullptr) {
    std::vector<Value> chosen;
    for (Value& item : items) {
      const InScope in_scope(*this);
      statement.target.assign(*this, item);
      if (is_true(evaluate(*statement.filter))) chosen.push_back(std::move(item));
    }
    items = std::move(chosen);
  }
  if (items.empty()) {
    const InScope in_scope(*this);
    execute(statement.otherwise);
    return;
  }
  auto* loop = runtime.make<Loop>();
  loop->interpreter = this;
  loop->statement = &statement;
  loop->scope = scope_;
  loop->depth = depth;
  loop->count = static_cast<int64_t>(items.size());
  loop->items = std::move(items);
  if (statement.recursive) keep_scopes();
  const size_t held = loop->items.size() * sizeof(Value);
  runtime.budget.hold(held);
  const auto found = program.symbol_ids.find("loop");
  for (loop->index = 0; loop->index < loop->count; ++loop->index) {
    const InScope in_scope(*this);
    if (found != program.symbol_ids.end()) assign(found->second, Value::of(static_cast<Object*>(loop)));
    statement.target.assign(*this, loop->items[static_cast<size_t>(loop->index)]);
    if (execute(statement.body) == Flow::break_loop) break;
  }
  loop->index = std::min(loop->index, loop->count - 1);
  loop->items = {};  // the object itself stays until the rendering ends
  runtime.budget.release(held);
}

Flow For::execute(Interpreter& interpreter) const {
  interpreter.run_loop(*this, interpreter.runtime.items_of(interpreter.evaluate(*sequence)), 0);
  return Flow::normal;
}

}  // namespace diptych::jinja
