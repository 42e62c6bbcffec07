// Methods of texts, lists and dicts. What would change a value is refused, as Jinja's immutable sandbox does.
#pragma once

#include <optional>
#include <string_view>

#include "engine/text/jinja/object.h"

namespace diptych::jinja {

struct Method {
  std::string_view name;
  Function::Body body;
};

// nullptr: the type has no such method.
const Method* find_text_method(std::string_view name);
const Method* find_list_method(const List& list, std::string_view name);
const Method* find_dict_method(std::string_view name);

// append, pop, update, …
bool changes_list(std::string_view name);
bool changes_dict(std::string_view name);

}  // namespace diptych::jinja
