// Values with behaviour: functions, macros, loops, namespaces, iterators.
#pragma once

#include "engine/text/jinja/value.h"

namespace diptych::jinja {

class Runtime;

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  const Value* find_named(std::string_view name) const;
};

struct Object : HeapObject {
  virtual std::string_view type_name() const = 0;
  virtual std::string print(Runtime& runtime) const;  // Python's repr()
  virtual std::optional<Value> attribute(Runtime& runtime, std::string_view name);
  virtual bool callable() const { return false; }
  virtual Value call(Runtime& runtime, Arguments& arguments);
  // What iterating gives; an iterator is used up by it. Nothing: not iterable.
  virtual std::optional<std::vector<Value>> take_items(Runtime& runtime);
  virtual std::optional<int64_t> length() const { return std::nullopt; }
};

// range(): elements are made when they are asked for.
struct Range final : Object {
  Range(int64_t first, int64_t end, int64_t by);
  std::string_view type_name() const override { return "range"; }
  std::string print(Runtime& runtime) const override;
  std::optional<std::vector<Value>> take_items(Runtime& runtime) override;
  std::optional<int64_t> length() const override { return count; }
  std::optional<int64_t> at(int64_t index) const;  // negative counts from the end
  bool contains(const Value& value) const;

  const int64_t start, stop, step;
  int64_t count;
};

// What filters such as map and select give: goes through its elements once.
struct Iterator final : Object {
  explicit Iterator(std::vector<Value> all) : items(std::move(all)) {}
  std::string_view type_name() const override { return "generator"; }
  std::optional<std::vector<Value>> take_items(Runtime& runtime) override;
  std::optional<Value> next();

  std::vector<Value> items;
  size_t position = 0;
};

// namespace(): the one value whose attributes may be set.
struct Namespace final : Object {
  std::string_view type_name() const override { return "Namespace"; }
  std::string print(Runtime& runtime) const override;
  std::optional<Value> attribute(Runtime& runtime, std::string_view name) override;
  void set(Runtime& runtime, const Value& name, Value value);

  Dict::Entries attributes;
};

// A function of ours, or a method bound to its value.
struct Function final : Object {
  using Body = Value (*)(Runtime& runtime, const Value& self, Arguments& arguments);
  Function(std::string_view function_name, Body function_body, Value bound)
      : name(function_name), body(function_body), self(std::move(bound)) {}
  std::string_view type_name() const override { return "builtin_function_or_method"; }
  bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments& arguments) override { return body(runtime, self, arguments); }

  const std::string_view name;  // a literal
  const Body body;
  const Value self;
};

}  // namespace diptych::jinja
