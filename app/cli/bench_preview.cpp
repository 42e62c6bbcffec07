#include "app/cli/bench_preview.h"

#include <chrono>
#include <functional>

#include "engine/diffusion/image_tensor.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/preview.h"
#include "engine/io/image.h"

namespace diptych::cli {
namespace {

// Once unmeasured.
PreviewTimes timed(Context& ctx, int repeats, const std::function<Image8()>& preview) {
  PreviewTimes times;
  for (int i = -1; i < repeats; ++i) {
    const Cost before = ctx.cost();
    const auto begin = std::chrono::steady_clock::now();
    encode_image(preview(), ImageFormat::png);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (i >= 0) times.seconds.push_back(seconds);
    times.cost = ctx.cost() - before;
  }
  return times;
}

}  // namespace

PreviewTimes time_mapped_preview(Context& ctx, const diffusion::ImageModel& model, const Tensor& latents, int repeats) {
  const diffusion::PreviewMap map = diffusion::measured_preview(ctx, *model.autoencoder);
  return timed(ctx, repeats, [&] { return diffusion::preview_of(map, latents, 0); });
}

PreviewTimes time_decoded_preview(Context& ctx, const ImageAutoencoder& autoencoder, const Tensor& latents,
                                  int repeats) {
  return timed(ctx, repeats, [&] {
    const Tensor picture = diffusion::decode_latents(ctx, autoencoder, latents);
    const int64_t channels = picture.dim(1), height = picture.dim(2), width = picture.dim(3);
    const auto values = picture.span<float>().first(static_cast<size_t>(channels * height * width));
    return diffusion::image_of_planes(values, static_cast<int>(channels), height, width, diffusion::PixelRange::unit);
  });
}

}  // namespace diptych::cli
