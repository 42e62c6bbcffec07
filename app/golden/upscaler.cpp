// Kind upscaler: a network that enlarges pictures.
#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "models/registry.h"

namespace diptych::golden {

Result run_upscaler(Context& ctx, const Case& one) {
  const auto model = models::load_upscaler(ctx, one.model() / "model.safetensors");
  const TensorMap inputs = one.inputs(ctx);
  const auto image = inputs.find("image");
  if (image == inputs.end()) {
    throw Error(ErrorCategory::invalid_file, "cannot run case", one.name(), "it has no input 'image'",
                "make the case again (tests/golden/README.md)");
  }
  return TensorMap{{"enlarged", model->upscale(ctx, image->second)}};
}

}  // namespace diptych::golden
