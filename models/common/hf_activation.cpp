#include "models/common/hf_activation.h"

#include "engine/core/error.h"

namespace diptych::models {

Activation activation_of_hf(const HfConfig& config, const char* key, const char* fallback) {
  const std::string name = config.text(key).value_or(fallback);
  if (name == "silu" || name == "swish") return Activation::silu;
  if (name == "gelu_pytorch_tanh" || name == "gelu_new") return Activation::gelu_tanh;
  if (name == "gelu") return Activation::gelu_erf;
  if (name == "quick_gelu") return Activation::quick_gelu;
  if (name == "relu") return Activation::relu;
  throw Error(ErrorCategory::unsupported, "cannot load model", "config.json",
              std::string(key) + " '" + name + "' is not supported",
              "choose a model with silu, gelu, gelu_new, gelu_pytorch_tanh, quick_gelu or relu");
}

}  // namespace diptych::models
