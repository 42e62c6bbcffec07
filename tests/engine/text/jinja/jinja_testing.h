// Renders short templates.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/text/jinja/interpreter.h"
#include "engine/text/jinja/json_input.h"

namespace jinja_testing {

using namespace diptych;

inline std::string render(const std::string& source, const std::string& variables = "{}", jinja::Limits limits = {}) {
  const auto program = jinja::parse(source);
  jinja::Runtime runtime(limits, 1741529106);
  jinja::Interpreter interpreter(runtime, *program);
  const auto json = nlohmann::ordered_json::parse(variables);
  for (const auto& [name, value] : json.items()) interpreter.define(name, jinja::from_json(runtime, value));
  return interpreter.run();
}

// The value of an expression as it prints.
inline std::string value(const std::string& expression, const std::string& variables = "{}") {
  return render("{{ " + expression + " }}", variables);
}

}  // namespace jinja_testing
