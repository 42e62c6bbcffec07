#include "app/cli/refiner_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "engine/diffusion/image_parts.h"
#include "engine/io/library/model_ref.h"
#include "models/registry.h"

namespace diptych::cli {

void RefinerOptions::add_to(CLI::App& command) {
  CLI::Option* named = command.add_option(
      "--refiner", model, "A model that makes the last steps, as SDXL's refiner: folder or checkpoint of one file");
  command.add_option("--refiner-switch", switch_at, "The part of the run after which it takes over")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->needs(named);
}

void RefinerOptions::complete(Context& ctx, const std::string& quantize, const diffusion::ImageStreaming& streaming,
                              std::shared_ptr<const diffusion::ImageModel>& kept,
                              diffusion::ImageRequest& request) const {
  if (model.empty()) return;
  if (!kept) {
    ModelRegistry registry;
    models::register_all(registry);
    ModelRef ref;
    ref.path = resolve_model(model, ModelKind::image);
    ref.quantize = quantize;
    LoadOptions options;
    options.cancel = ctx.cancel;
    kept = diffusion::load_refiner(ctx, registry, diffusion::open_parts(registry, ref), options, streaming);
  }
  request.refiner = diffusion::RefinerStage{kept, switch_at};
}

void RefinerOptions::describe(diffusion::Recipe& recipe) const {
  if (model.empty()) return;
  recipe.refiner = diffusion::RecipeRefiner{{std::filesystem::path(model).filename().string(), ""}, switch_at};
}

}  // namespace diptych::cli
