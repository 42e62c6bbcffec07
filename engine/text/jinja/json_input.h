// JSON to values.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/text/jinja/runtime.h"

namespace diptych::jinja {

// Failure: nested too deep, or an integer beyond 64 bits. Strings that are no UTF-8 have U+FFFD in the wrong places.
Value from_json(Runtime& runtime, const nlohmann::ordered_json& json);

}  // namespace diptych::jinja
