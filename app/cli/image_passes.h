// What `diptych generate` does beside one run of the model: variations, a second pass, parts of pictures, larger
// canvases, upscaling in tiles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/diffusion/hires.h"
#include "engine/diffusion/pictures/inpaint_region.h"
#include "engine/diffusion/recipe/recipe.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct ImagePassOptions {
  std::string init_image, mask;  // files
  std::string hires, cache, outpaint, upscaler;
  double upscale = 0;
  int64_t tile = 0, tile_overlap = 64;
  int64_t variation_seed = -1;
  double variation_strength = 0;
  int64_t full_resolution_padding = -1;  // below 0: the whole picture
  double mask_blur = 0;

  void add_to(CLI::App& command);
};

class ImagePasses {
 public:
  ImagePasses(const ImagePassOptions& options, diffusion::NoiseKind kind, uint64_t seed);

  // Reads the pictures and completes the request, for a model that may be on meta.
  void prepare(Context& ctx, const diffusion::ImageModel& model, diffusion::ImageRequest& request);
  // The request that needs as much memory as all passes do.
  diffusion::ImageRequest largest(const diffusion::ImageModel& model, const diffusion::ImageRequest& request) const;

  diffusion::ImageResult run(Context& ctx, const diffusion::ImageModel& model, const diffusion::ImageRequest& request,
                             const diffusion::ImageStepListener& listener) const;

  Image8 finished(const Image8& made) const;  // put back into the picture that it is a part of
  uint64_t seed_of(int64_t image) const;
  void describe(int64_t image, diffusion::Recipe& recipe) const;

 private:
  void read_pictures(Context& ctx, const diffusion::ImageModel& model, diffusion::ImageRequest& request);
  void read_region(Context& ctx, const diffusion::ImageModel& model, diffusion::ImageRequest& request);
  void read_canvas(Context& ctx, const diffusion::ImageModel& model, diffusion::ImageRequest& request);

  ImagePassOptions options_;
  diffusion::NoiseKind kind_;
  uint64_t seed_;
  std::optional<diffusion::HiresPass> hires_;
  // What the result is put back into.
  std::optional<Image8> picture_;
  Image8 soft_mask_;
  diffusion::PixelRegion region_;
};

}  // namespace diptych::cli
