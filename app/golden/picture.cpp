// Kinds control_model, image_encoder and ip_adapter: one forward of what reads pictures.
#include "app/golden/kinds.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::golden {

Result run_control_model(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  const auto model = registry.load_control_model(ctx, open_model(one.model()));
  return model->evaluate(ctx, one.inputs(ctx), one.description().value("arguments", nlohmann::ordered_json::object()));
}

Result run_image_encoder(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  return evaluate(ctx, *registry.load_image_encoder(ctx, open_model(one.model())), one.inputs(ctx));
}

Result run_ip_adapter(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  return evaluate(ctx, *registry.load_image_prompt_model(ctx, one.model()), one.inputs(ctx));
}

}  // namespace diptych::golden
