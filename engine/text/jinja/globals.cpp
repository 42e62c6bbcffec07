// The functions that every template knows.
#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/methods.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

Value range(Runtime& runtime, const Value&, Arguments& arguments) {
  const Bound bound("range", arguments, {"/start", "/stop", "/step"}, 1);
  const bool one = !bound.given(1);
  const int64_t start = one ? 0 : bound.integer(0, 0), stop = bound.integer(one ? 0 : 1, 0);
  const int64_t step = bound.integer(2, 1);
  if (step == 0) fail("range() arg 3 must not be zero");
  return Value::of(static_cast<Object*>(runtime.make<Range>(start, stop, step)));
}

// The pairs that dict(…) and namespace(…) are made of: a mapping or a sequence of pairs, then named ones.
Dict::Entries pairs_of(Runtime& runtime, const Arguments& arguments, const char* function) {
  if (arguments.positional.size() > 1) fail(std::string(function) + "() takes at most one positional argument");
  Dict::Entries entries;
  if (!arguments.positional.empty()) {
    const Value& source = arguments.positional[0];
    if (source.is_dict()) {
      entries = source.dict().entries();
    } else {
      for (const Value& pair : runtime.items_of(source)) {
        const std::vector<Value> both = runtime.items_of(pair);
        if (both.size() != 2) fail("dictionary update sequence elements need a length of 2");
        entries.emplace_back(both[0], both[1]);
      }
    }
  }
  for (const auto& [name, value] : arguments.named) entries.emplace_back(runtime.text(name), value);
  return entries;
}

Value dict(Runtime& runtime, const Value&, Arguments& arguments) {
  return runtime.dict(pairs_of(runtime, arguments, "dict"));
}

Value make_namespace(Runtime& runtime, const Value&, Arguments& arguments) {
  auto* made = runtime.make<Namespace>();
  for (auto& [name, value] : pairs_of(runtime, arguments, "namespace")) made->set(runtime, name, std::move(value));
  return Value::of(static_cast<Object*>(made));
}

Value raise_exception(Runtime& runtime, const Value&, Arguments& arguments) {
  const Bound bound("raise_exception", arguments, {"message"}, 1);
  fail(print(runtime, bound.get(0)));
}

// cycler("a", "b"): next() goes round.
struct Cycler final : Object {
  explicit Cycler(std::vector<Value> all) : items(std::move(all)) {}
  std::string_view type_name() const override { return "Cycler"; }
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override {
    if (name == "current") return items[position];
    if (name == "pos") return Value::of(static_cast<int64_t>(position));
    if (name == "items") return runtime.tuple(items);
    if (name == "next") return runtime.function("next", advance, Value::of(static_cast<Object*>(this)));
    if (name == "reset") return runtime.function("reset", restart, Value::of(static_cast<Object*>(this)));
    return std::nullopt;
  }
  static Value advance(Runtime&, const Value& self, Arguments& arguments) {
    Bound("next", arguments, {});
    auto& cycler = static_cast<Cycler&>(self.object());
    Value current = cycler.items[cycler.position];
    cycler.position = (cycler.position + 1) % cycler.items.size();
    return current;
  }
  static Value restart(Runtime&, const Value& self, Arguments& arguments) {
    Bound("reset", arguments, {});
    static_cast<Cycler&>(self.object()).position = 0;
    return Value::none();
  }

  std::vector<Value> items;
  size_t position = 0;
};

Value cycler(Runtime& runtime, const Value&, Arguments& arguments) {
  if (arguments.positional.empty() || !arguments.named.empty()) fail("at least one item has to be provided");
  return Value::of(static_cast<Object*>(runtime.make<Cycler>(arguments.positional)));
}

// joiner(", "): nothing the first time it is called, then the separator.
struct Joiner final : Object {
  explicit Joiner(Value text) : separator(std::move(text)) {}
  std::string_view type_name() const override { return "Joiner"; }
  bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments& arguments) override {
    Bound("joiner", arguments, {});
    if (used) return separator;
    used = true;
    return runtime.text("");
  }

  Value separator;
  bool used = false;
};

Value joiner(Runtime& runtime, const Value&, Arguments& arguments) {
  const Bound bound("joiner", arguments, {"sep"});
  return Value::of(static_cast<Object*>(runtime.make<Joiner>(bound.given(0) ? bound.get(0) : runtime.text(", "))));
}

constexpr Method global_functions[] = {
    {"range", range},   {"dict", dict},     {"namespace", make_namespace}, {"raise_exception", raise_exception},
    {"cycler", cycler}, {"joiner", joiner}, {"strftime_now", strftime_now}};

}  // namespace

std::optional<Value> find_global(Runtime& runtime, std::string_view name) {
  for (const Method& function : global_functions) {
    if (function.name == name) return runtime.function(function.name, function.body);
  }
  return std::nullopt;
}

}  // namespace diptych::jinja
