// Options of `diptych generate` for a second model that takes the run over near its end.
#pragma once

#include <memory>
#include <string>

#include "engine/diffusion/image_request.h"
#include "engine/diffusion/recipe/recipe.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct RefinerOptions {
  std::string model;
  double switch_at = 0.8;

  void add_to(CLI::App& command);

  // Loads what is named, its linear layers rounded as the model's (ModelRef::quantize), unless `kept` holds it from the
  // last picture. Error as resolve_model, diffusion::open_parts and diffusion::load_refiner.
  void complete(Context& ctx, const std::string& quantize, const diffusion::ImageStreaming& streaming,
                std::shared_ptr<const diffusion::ImageModel>& kept, diffusion::ImageRequest& request) const;

  void describe(diffusion::Recipe& recipe) const;
};

}  // namespace diptych::cli
