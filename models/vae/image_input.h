// What autoencoders check of their input. Error (invalid_argument) names what is wrong.
#pragma once

#include "engine/model/image_autoencoder.h"

namespace diptych::models {

void check_images(const ImageAutoencoderInfo& info, const Tensor& images);
void check_latents(const ImageAutoencoderInfo& info, const Tensor& latents);

}  // namespace diptych::models
