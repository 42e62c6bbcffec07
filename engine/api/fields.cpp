#include "engine/api/fields.h"

#include <cmath>

namespace diptych::api {

FieldError::FieldError(std::string field, std::string why)
    : std::runtime_error((field.empty() ? std::string("the body") : field) + ": " + why),
      field_(field.empty() ? "the body" : std::move(field)),
      why_(std::move(why)) {}

std::string read_string(const Json& value, const std::string& field) {
  if (!value.is_string()) throw FieldError(field, "it is no string");
  return value.get<std::string>();
}

bool read_bool(const Json& value, const std::string& field) {
  if (!value.is_boolean()) throw FieldError(field, "it is neither true nor false");
  return value.get<bool>();
}

double read_number(const Json& value, const std::string& field) {
  if (!value.is_number()) throw FieldError(field, "it is no number");
  const double number = value.get<double>();
  if (!std::isfinite(number)) throw FieldError(field, "it is no finite number");
  return number;
}

int64_t read_integer(const Json& value, const std::string& field, int64_t low, int64_t high) {
  int64_t number = 0;
  if (value.is_number_unsigned()) {
    const uint64_t wide = value.get<uint64_t>();
    if (wide > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) throw FieldError(field, "it is too large");
    number = static_cast<int64_t>(wide);
  } else if (value.is_number_integer()) {
    number = value.get<int64_t>();
  } else if (value.is_number_float()) {
    const double real = value.get<double>();
    // 2^53: above it a float no longer tells neighbouring integers apart.
    if (!(std::abs(real) <= 9007199254740992.0) || real != std::floor(real)) {
      throw FieldError(field, "it is no whole number");
    }
    number = static_cast<int64_t>(real);
  } else {
    throw FieldError(field, "it is no number");
  }
  if (number < low || number > high) {
    throw FieldError(field, "it is not between " + std::to_string(low) + " and " + std::to_string(high));
  }
  return number;
}

const Json& read_object(const Json& value, const std::string& field) {
  if (!value.is_object()) throw FieldError(field, "it is no object");
  return value;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Json> parse(const std::string& text) {
  // The parser itself does not recurse, but destroying and visiting a value does: depth is bounded here.
  bool too_deep = false;
  const auto guard = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > 64) too_deep = true;
    return !too_deep;
  };
  Json json = Json::parse(text, guard, false);
  if (too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

}  // namespace diptych::api
