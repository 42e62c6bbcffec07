// Kind vae: an autoencoder, both ways.
#include "app/golden/kinds.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::golden {

Result run_vae(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const auto model = registry.load_autoencoder(ctx, open_model(one.model()));
  return evaluate(ctx, *model, one.inputs(ctx));
}

}  // namespace diptych::golden
