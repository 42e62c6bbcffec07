#include "models/vae/image_input.h"

#include "engine/core/error.h"

namespace diptych::models {
namespace {

void check_image(const char* name, const Tensor& image, int64_t channels, int64_t side_multiple) {
  const bool right = image && image.dtype() == DType::f32 && image.contiguous() && image.shape().rank() == 4 &&
                     image.elements() > 0 && image.dim(1) == channels && image.dim(2) % side_multiple == 0 &&
                     image.dim(3) % side_multiple == 0;
  if (right) return;
  throw Error(ErrorCategory::invalid_argument, "cannot run autoencoder", name,
              !image ? "it is missing" : "it is " + std::string(dtype_name(image.dtype())) + " " + image.shape().str(),
              "give f32 [rows, " + std::to_string(channels) + ", height, width]" +
                  (side_multiple > 1 ? " with sides that are multiples of " + std::to_string(side_multiple) : ""));
}

}  // namespace

void check_images(const ImageAutoencoderInfo& info, const Tensor& images) {
  check_image("image", images, info.image_channels, info.scale);
}

void check_latents(const ImageAutoencoderInfo& info, const Tensor& latents) {
  check_image("latent", latents, info.latent_channels, 1);
}

}  // namespace diptych::models
