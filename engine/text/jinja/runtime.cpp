#include "engine/text/jinja/runtime.h"

#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {

Runtime::Runtime(const Limits& limits, int64_t now) : budget(limits), now_s(now) {
  for (char32_t c = 0; c < 128; ++c) ascii_[c] = std::make_shared<const Text>(to_utf8(c), false, nullptr);
}

Value Runtime::text(std::string utf8, bool markup) {
  budget.work_on_bytes(utf8.size());
  return Value::of(std::make_shared<const Text>(std::move(utf8), markup, &budget));
}

Value Runtime::character(char32_t c) {
  budget.work();
  if (c < 128) return Value::of(ascii_[c]);
  return Value::of(std::make_shared<const Text>(to_utf8(c), false, &budget));
}

Value Runtime::list(std::vector<Value> items, ListKind kind) {
  budget.work(1 + items.size() / 4);
  budget.hold(items.size() * sizeof(Value));
  const List* const made = make<List>(kind, std::move(items));
  return Value::of(made);
}

Value Runtime::dict(Dict::Entries entries) {
  budget.work(1 + entries.size());
  budget.hold(entries.size() * (2 * sizeof(Value) + 48));
  const Dict* const made = make<Dict>(*this, std::move(entries));
  return Value::of(made);
}

Value Runtime::call(const Value& callee, Arguments& arguments) {
  budget.work();
  if (callee.is_undefined()) fail(callee.why_undefined());
  if (!callee.is_object()) fail(quoted_type(callee) + " object is not callable");
  const Deeper deeper(*this);
  return callee.object().call(*this, arguments);
}

std::vector<Value> Runtime::items_of(const Value& value) {
  const auto expect = [&](size_t count) {
    budget.work(count);
    budget.check_memory(count * (sizeof(Value) + 64));
  };
  switch (value.kind()) {
    case Kind::undefined:
      return {};
    case Kind::list:
      expect(value.list().items.size());
      return value.list().items;
    case Kind::dict: {
      expect(value.dict().entries().size());
      std::vector<Value> keys;
      for (const auto& entry : value.dict().entries()) keys.push_back(entry.first);
      return keys;
    }
    case Kind::text: {
      const std::string& bytes = value.bytes();
      expect(value.text().length);
      std::vector<Value> characters;
      characters.reserve(value.text().length);
      for (size_t at = 0; at < bytes.size();) {
        const Utf8Step step = utf8_step(bytes, at);
        characters.push_back(character(step.c));
        at += step.bytes;
      }
      return characters;
    }
    case Kind::object:
      if (const auto count = value.object().length()) expect(static_cast<size_t>(*count));
      if (auto items = value.object().take_items(*this)) {
        budget.work(items->size());
        return std::move(*items);
      }
      break;
    default:
      break;
  }
  fail(quoted_type(value) + " object is not iterable");
}

}  // namespace diptych::jinja
