// One rendering: makes values, owns them, counts them.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "engine/text/jinja/budget.h"
#include "engine/text/jinja/object.h"
#include "engine/text/jinja/value.h"

namespace diptych::jinja {

class Runtime {
 public:
  Runtime(const Limits& limits, int64_t now_s);  // `now_s`: seconds since 1970 for strftime_now
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  Value text(std::string utf8, bool markup = false);
  Value character(char32_t c);
  Value list(std::vector<Value> items, ListKind kind = ListKind::list);
  Value tuple(std::vector<Value> items) { return list(std::move(items), ListKind::tuple); }
  Value dict(Dict::Entries entries);  // later ones of equal keys win, in the place of the first; Failure: unhashable
  Value iterator(std::vector<Value> items) { return Value::of(static_cast<Object*>(make<Iterator>(std::move(items)))); }
  Value function(std::string_view name, Function::Body body, Value self = {}) {
    return Value::of(static_cast<Object*>(make<Function>(name, body, std::move(self))));
  }

  // Lives until the rendering ends.
  template <typename Made, typename... Args>
  Made* make(Args&&... args) {
    budget.hold(sizeof(Made) + 2 * sizeof(void*));
    auto made = std::make_unique<Made>(std::forward<Args>(args)...);
    Made* const plain = made.get();
    heap_.push_back(std::move(made));
    return plain;
  }

  Value call(const Value& callee, Arguments& arguments);

  // The elements that iterating over a value visits. Failure where it cannot be iterated.
  std::vector<Value> items_of(const Value& value);

  Budget budget;
  const int64_t now_s;
  int depth = 0;
  int line = 0;  // of the statement that runs

 private:
  std::vector<std::unique_ptr<HeapObject>> heap_;
  TextRef ascii_[128];  // texts of one character
};

// Guards recursion of the evaluator and of printing, comparing and the like.
class Deeper {
 public:
  explicit Deeper(Runtime& runtime) : runtime_(runtime) {
    if (++runtime_.depth > runtime_.budget.limits().depth) {
      --runtime_.depth;
      throw LimitFailure("it nests too deep");
    }
  }
  ~Deeper() { --runtime_.depth; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  Runtime& runtime_;
};

}  // namespace diptych::jinja
