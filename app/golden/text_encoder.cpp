// Kind text_encoder: hidden states and pooled text of a forward.
#include "app/golden/kinds.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::golden {

Result run_text_encoder(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const auto model = registry.load_text_encoder(ctx, open_model(one.model()));
  return evaluate(ctx, *model, one.inputs(ctx));
}

}  // namespace diptych::golden
