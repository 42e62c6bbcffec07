// Pictures and latents between files and what the image pipelines read and write.
#pragma once

#include <filesystem>
#include <string>

#include "engine/core/context.h"
#include "engine/diffusion/image_model.h"
#include "engine/io/images/image.h"

namespace diptych::cli {

// f32 [1, 3, height, width], 0 … 1; resized where it is of another size. Sides of 0 are the picture's own, cut down to
// the multiple.
Tensor read_picture(Context& ctx, const std::filesystem::path& path, int64_t width, int64_t height, int64_t multiple);
// f32 [1, 1, height, width]: its brightness, white is painted anew.
Tensor read_mask(Context& ctx, const std::filesystem::path& path, int64_t width, int64_t height);

// `latents` of a safetensors file, as diffusers' pipelines hold them: FLUX's packed into tokens or not.
Tensor read_latents(Context& ctx, const diffusion::ImageModel& model, const std::filesystem::path& path, int64_t width,
                    int64_t height);

// Picture `row` of f32 [rows, channels, height, width], 0 … 1.
Image8 picture_of(const Tensor& images, int64_t row);

// "out.png" for the first, then "out-2.png", …
std::filesystem::path numbered(const std::filesystem::path& path, int64_t index);

}  // namespace diptych::cli
