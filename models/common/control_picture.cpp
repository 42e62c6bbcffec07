#include "models/common/control_picture.h"

#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

const nlohmann::json* given_argument(const nlohmann::json& arguments, const char* name) {
  if (!arguments.is_object()) return nullptr;
  const auto found = arguments.find(name);
  return found == arguments.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void refuse_argument(const char* name, const char* to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot evaluate", name, "it is of another kind", to_do);
}

}  // namespace

void check_control_picture(const ControlModelInfo& info, const Tensor& image) {
  const bool fits = image && image.dtype() == DType::f32 && image.shape().rank() == 4 && image.contiguous() &&
                    image.elements() > 0 && image.dim(1) == info.image_channels &&
                    image.dim(2) % info.side_multiple == 0 && image.dim(3) % info.side_multiple == 0;
  if (fits) return;
  throw Error(ErrorCategory::invalid_argument, "cannot run " + info.architecture, "the control picture",
              image ? "it is " + image.shape().str() : "it is missing",
              "give f32 [rows, " + std::to_string(info.image_channels) +
                  ", height, width] with sides that are multiples of " + std::to_string(info.side_multiple));
}

double number_argument(const nlohmann::json& arguments, const char* name, double fallback) {
  const nlohmann::json* given = given_argument(arguments, name);
  if (given != nullptr && !given->is_number()) refuse_argument(name, "give a number");
  return given == nullptr ? fallback : given->get<double>();
}

bool flag_argument(const nlohmann::json& arguments, const char* name) {
  const nlohmann::json* given = given_argument(arguments, name);
  if (given != nullptr && !given->is_boolean()) refuse_argument(name, "give true or false");
  return given != nullptr && given->get<bool>();
}

}  // namespace diptych::models
