// What every control model checks of its picture, and how it reads the arguments of its reference's forward.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/model/control_model.h"

namespace diptych::models {

// Error (invalid_argument): no f32 [rows, image_channels, height, width] with sides that are multiples of
// side_multiple.
void check_control_picture(const ControlModelInfo& info, const Tensor& image);

// An argument that is no tensor. Error (invalid_argument) where it is of another kind.
double number_argument(const nlohmann::json& arguments, const char* name, double fallback);
bool flag_argument(const nlohmann::json& arguments, const char* name);

}  // namespace diptych::models
