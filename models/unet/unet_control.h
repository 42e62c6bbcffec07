// What control models add inside a UNet.
#pragma once

#include "engine/model/denoiser.h"
#include "models/unet/unet_config.h"

namespace diptych::models {

// Where a UNet of this configuration, or a copy of its way down, has them.
ControlPoints control_points_of(const UnetConfig& config);

// x [rows, height, width, channels] and a residual of as many rows, or of one for all; an empty one adds nothing. Error
// (invalid_argument): another shape.
Tensor with_residual(Context& ctx, const Tensor& x, const Tensor& residual);

// Whether the residual could be added to x.
bool fits_residual(const Tensor& x, const Tensor& residual);

// The residuals of a question, checked for their number. `levels`: of the UNet.
void check_residual_counts(const ControlResiduals& control, size_t skips, size_t levels);

// Image prompts and perturbed rows of a question belong to a network of as many attentions.
void check_attentions(const DenoiserInfo& info, const DenoiserInput& input);

}  // namespace diptych::models
