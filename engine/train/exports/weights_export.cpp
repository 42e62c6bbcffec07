#include "engine/train/exports/weights_export.h"

#include "engine/io/formats/tensor_file.h"

namespace diptych::train {

void write_weights(Context& ctx, const FullTraining& part, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  TensorMap tensors;
  for (size_t i = 0; i < part.parameters().size(); ++i) {
    const Parameter& parameter = part.parameters()[i];
    tensors[parameter.name] = part.as_stored(ctx, i, parameter.value);
  }
  write_tensors(folder / "model.safetensors", tensors);
}

}  // namespace diptych::train
