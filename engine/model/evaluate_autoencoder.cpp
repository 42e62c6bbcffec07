#include "engine/core/error.h"
#include "engine/model/evaluate.h"

namespace diptych {
namespace {

void check_input(const std::string& name, const Tensor& tensor, int64_t channels, int64_t side_multiple) {
  const auto refuse = [&](const std::string& to_do) {
    throw Error(ErrorCategory::invalid_argument, "cannot evaluate", name,
                "it is " + std::string(dtype_name(tensor.dtype())) + " " + tensor.shape().str(), to_do);
  };
  if (tensor.dtype() != DType::f32 || tensor.shape().rank() != 4 || tensor.elements() == 0 ||
      tensor.dim(1) != channels) {
    refuse("give f32 [rows, " + std::to_string(channels) + ", height, width]");
  }
  if (tensor.dim(2) % side_multiple != 0 || tensor.dim(3) % side_multiple != 0) {
    refuse("give a height and width that are multiples of " + std::to_string(side_multiple));
  }
}

}  // namespace

TensorMap evaluate(Context& ctx, const ImageAutoencoder& model, const TensorMap& inputs) {
  const ImageAutoencoderInfo& info = model.info();
  TensorMap outputs;
  for (const auto& [name, tensor] : inputs) {
    if (name == "image") {
      check_input(name, tensor, info.image_channels, info.scale);
      const LatentDistribution latents = model.encode(ctx, tensor);
      outputs[latents.log_variance ? "mean" : "latents"] = latents.mean;
      if (latents.log_variance) outputs["logvar"] = latents.log_variance;
    } else if (name == "latent") {
      check_input(name, tensor, info.latent_channels, 1);
      outputs["decoded"] = model.decode(ctx, tensor);
    } else {
      throw Error(ErrorCategory::unsupported, "cannot evaluate", name, "it is no input of an autoencoder",
                  "give image, latent or both");
    }
  }
  if (outputs.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot evaluate", model.info().architecture, "there is no input",
                "give image to encode, or latent to decode");
  }
  return outputs;
}

}  // namespace diptych
