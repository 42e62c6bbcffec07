// Options of `diptych generate` that steer an image by other pictures: control models, image prompts, and
// perturbed-attention guidance.
#pragma once

#include <string>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"
#include "engine/diffusion/recipe/recipe.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct ControlOptions {
  std::vector<std::string> controls, preprocess, ip_adapters;
  std::string image_encoder;
  bool guess = false;

  void add_to(CLI::App& command, diffusion::ImageRequest& request);

  // Loads what is named and adds it to a request whose size is known: control models stream their weights as the
  // denoiser does, image encoders as text encoders. `pipeline`: the folder, which may hold an image encoder. On meta
  // pictures are not read. Error: invalid_argument (an option that cannot be read), and as the loaders.
  void complete(Context& ctx, const std::string& pipeline, const diffusion::ImageStreaming& streaming,
                diffusion::ImageRequest& request) const;

  // What a picture keeps of it. After complete(), which has read all options.
  void describe(const diffusion::ImageRequest& request, diffusion::Recipe& recipe) const;
};

}  // namespace diptych::cli
