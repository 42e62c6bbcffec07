#include "engine/core/error.h"
#include "engine/model/evaluate.h"

namespace diptych {
namespace {

// The only input. Error: it is missing (invalid_argument), there are others (unsupported).
const Tensor& only_input(const TensorMap& inputs, const std::string& name) {
  for (const auto& [other, tensor] : inputs) {
    if (other != name) {
      throw Error(ErrorCategory::unsupported, "cannot evaluate", other, "it is no input of this model", "give " + name);
    }
  }
  if (inputs.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot evaluate", name, "the tensor is missing", "give it");
  }
  return inputs.begin()->second;
}

}  // namespace

TensorMap evaluate(Context& ctx, const ImageEncoder& model, const TensorMap& inputs) {
  const ImageEncoding encoding = model.forward(ctx, only_input(inputs, "pixel_values"), true);
  TensorMap outputs{{"last_hidden_state", encoding.last}};
  for (size_t i = 0; i < encoding.hidden_states.size(); ++i) {
    outputs["hidden_states." + std::to_string(i)] = encoding.hidden_states[i];
  }
  if (encoding.projected) {
    outputs["image_embeds"] = encoding.projected;
  } else {
    outputs["pooler_output"] = encoding.pooled;
  }
  return outputs;
}

TensorMap evaluate(Context& ctx, const ImagePromptModel& model, const TensorMap& inputs) {
  return {{"image_tokens", model.project(ctx, only_input(inputs, "image_embeds"))}};
}

}  // namespace diptych
