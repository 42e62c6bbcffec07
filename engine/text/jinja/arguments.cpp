#include "engine/text/jinja/arguments.h"

#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

std::string_view plain(std::string_view name) {
  return name.starts_with('/') ? name.substr(1) : name;
}

}  // namespace

const Value* Arguments::find_named(std::string_view name) const {
  for (const auto& [given, value] : named) {
    if (given == name) return &value;
  }
  return nullptr;
}

Bound::Bound(std::string_view function, const Arguments& arguments, std::initializer_list<std::string_view> names,
             size_t required)
    : function_(function), names_(names), values_(names.size(), nullptr) {
  const std::string call = std::string(function) + "()";
  if (arguments.positional.size() > names_.size())
    fail(call + " takes at most " + std::to_string(names_.size()) + " arguments");
  for (size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.named) {
    size_t at = 0;
    while (at < names_.size() && names_[at] != name) ++at;
    if (at == names_.size()) fail(call + " takes no argument named '" + name + "'");
    if (values_[at] != nullptr) fail(call + " is given '" + name + "' twice");
    values_[at] = &value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (values_[i] == nullptr) fail(call + " needs the argument '" + std::string(plain(names_[i])) + "'");
  }
}

int64_t Bound::integer(size_t index, int64_t fallback) const {
  if (!given(index)) return fallback;
  if (get(index).is_undefined()) fail(get(index).why_undefined());
  if (!get(index).is_integral())
    fail(std::string(function_) + "(): '" + std::string(plain(names_[index])) + "' is no integer");
  return get(index).integer();
}

std::string Bound::text(size_t index, const std::string& fallback) const {
  if (!given(index)) return fallback;
  if (!get(index).is_text())
    fail(std::string(function_) + "(): '" + std::string(plain(names_[index])) + "' is no string");
  return get(index).bytes();
}

bool Bound::truth(size_t index, bool fallback) const {
  return given(index) ? is_true(get(index)) : fallback;
}

}  // namespace diptych::jinja
