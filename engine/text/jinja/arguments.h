// Binds the arguments of a call to named parameters, as Python does.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/text/jinja/object.h"

namespace diptych::jinja {

class Bound {
 public:
  // The first `required` parameters must be given. A name that starts with '/' can only be given by position.
  // Failure for too many, unknown, repeated or missing ones.
  Bound(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> names,
        size_t required = 0);

  const Value* find(size_t index) const { return values_[index]; }  // null: not given
  const Value& get(size_t index) const { return *values_[index]; }
  bool given(size_t index) const { return values_[index] != nullptr; }
  bool given_value(size_t index) const { return given(index) && !get(index).is_none(); }

  // Failure where the argument is of another type.
  int64_t integer(size_t index, int64_t fallback) const;
  std::string text(size_t index,
                   const std::string& fallback) const;  // a copy: the fallback is a temporary of the caller
  bool truth(size_t index, bool fallback) const;

 private:
  std::string_view function_;
  std::vector<std::string_view> names_;
  std::vector<const Value*> values_;
};

}  // namespace diptych::jinja
