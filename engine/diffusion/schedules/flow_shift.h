// How far the noise levels of a flow are moved towards the noisy end: sigma = s t / (1 + (s - 1) t) (Esser et al. 2024,
// section 5.3.2). Configurations give s, or let it grow with the picture.
#pragma once

#include <optional>

#include "engine/diffusion/image_model.h"

namespace diptych::diffusion {

// ln s where the configuration lets it grow with the picture: linearly in its tokens, patches of 2 x 2 latents. None:
// it does not. Height and width are those of the latents.
std::optional<double> dynamic_shift(const SchedulerConfig& config, int64_t height, int64_t width);

// The configuration with s in place of its own; none: as it is.
SchedulerConfig with_flow_shift(SchedulerConfig config, std::optional<double> shift);

// The model's own s for pictures of this size, in pixels; none: its noise is no flow.
std::optional<double> own_flow_shift(const ImageModel& model, int64_t height, int64_t width);

}  // namespace diptych::diffusion
