#include "app/cli/load_model.h"

#include "app/cli/progress.h"
#include "engine/io/model_ref.h"
#include "engine/model/registry.h"
#include "models/registry.h"

namespace diptych::cli {

std::unique_ptr<CausalLm> load_causal_lm(Context& ctx, const std::string& name_or_path) {
  ModelRegistry registry;
  models::register_all(registry);
  const ModelSource source = open_model(resolve_model(name_or_path));
  ProgressLine line;
  LoadOptions options;
  options.cancel = ctx.cancel;
  options.progress = [&](double fraction) {
    line.show("loading " + source.name() + ": " + std::to_string(static_cast<int>(fraction * 100)) + " %");
  };
  auto model = registry.load_causal_lm(ctx, source, options);
  line.clear();
  return model;
}

}  // namespace diptych::cli
