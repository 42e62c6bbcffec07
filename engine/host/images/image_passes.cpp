#include "engine/host/images/image_passes.h"

#include "engine/diffusion/noise/image_noise.h"
#include "engine/diffusion/pictures/image_tensor.h"
#include "engine/diffusion/prompt/textual_inversion.h"

namespace diptych::host {

using namespace diffusion;

namespace {

std::unique_ptr<ImageUpscaler> network_of(Context& ctx, const PreparedUpscale& upscale, const UpscalerLoader& load) {
  return upscale.pass.enlarger == Enlarger::model ? load(ctx, upscale.network) : nullptr;
}

}  // namespace

void apply_files(Context& ctx, ImageModel& model, const PreparedImages& prepared,
                 const std::filesystem::path& model_path, AppliedFiles& applied) {
  std::vector<ChosenAdapter> adapters = prepared.adapters;
  for (ChosenAdapter& one : prompt_adapters(prepared.request, model_path)) adapters.push_back(std::move(one));
  if (applied.adapters != adapters) {
    applied.adapters.reset();
    apply_adapters(ctx, model, adapters);
    applied.adapters = std::move(adapters);
  }
  std::vector<std::filesystem::path> embeddings = prompt_embeddings(prepared.request, model_path);
  // Of two words that are called the same the later one counts: what was chosen.
  for (const std::filesystem::path& chosen : prepared.embeddings) {
    std::erase(embeddings, chosen);
    embeddings.push_back(chosen);
  }
  if (embeddings != applied.embeddings) {
    set_embeddings(ctx, model, embeddings);
    applied.embeddings = std::move(embeddings);
  }
}

ImageResult run_passes(Context& ctx, const ImageModel& model, const PreparedImages& prepared, NoiseKind kind,
                       uint64_t seed, const UpscalerLoader& load_upscaler, const PassListeners& listeners) {
  const ImageRequest& request = prepared.request;
  const int64_t scale = model.autoencoder->info().scale;
  // The images of a variation have one seed and differ in that of what is mixed in.
  const uint64_t seed_step = request.variation ? 0 : 1;
  ImageNoise noise(kind, seed, request.images,
                   model.latent_channels() * (request.height / scale) * (request.width / scale), seed_step);
  if (prepared.upscale) {
    const PreparedUpscale& upscale = *prepared.upscale;
    const auto network = network_of(ctx, upscale, load_upscaler);
    const NoiseFactory tile_noise = [&](int64_t, int64_t values) {
      return std::make_unique<ImageNoise>(kind, seed, 1, values);
    };
    return upscale_picture(ctx, model, request, upscale.picture, upscale.pass, network.get(), tile_noise,
                           listeners.step, listeners.enlarging);
  }
  if (!prepared.hires) return make_images(ctx, model, request, noise, listeners.step);
  std::unique_ptr<ImageUpscaler> upscaler;
  if (prepared.hires->enlarger == Enlarger::model) upscaler = load_upscaler(ctx, prepared.hires->upscaler);
  const NoiseFactory own_noise = [&](int64_t image, int64_t values) {
    return std::make_unique<ImageNoise>(kind, seed + static_cast<uint64_t>(image) * seed_step, 1, values);
  };
  return make_images_twice(ctx, model, request, noise, *prepared.hires, upscaler.get(), own_noise, listeners.step);
}

ImageResult run_enlargement(Context& ctx, const PreparedUpscale& upscale, const UpscalerLoader& load_upscaler,
                            const TileListener& listener) {
  const auto network = network_of(ctx, upscale, load_upscaler);
  return enlarge_picture(ctx, upscale.picture, upscale.pass, network.get(), listener);
}

std::vector<api::OwnerMemory> owners_of(const MemoryUse& use) {
  std::vector<api::OwnerMemory> owners;
  for (size_t i = 0; i < owner_count; ++i) {
    if (use.peak_bytes[i] == 0) continue;
    owners.push_back(
        {owner_name(static_cast<Owner>(i)), static_cast<double>(use.bytes[i]), static_cast<double>(use.peak_bytes[i])});
  }
  return owners;
}

Image8 picture_at(const Tensor& images, int64_t row) {
  const int64_t channels = images.dim(1), height = images.dim(2), width = images.dim(3);
  const auto values = static_cast<size_t>(channels * height * width);
  return image_of_planes(images.span<float>().subspan(static_cast<size_t>(row) * values, values),
                         static_cast<int>(channels), height, width, PixelRange::unit);
}

}  // namespace diptych::host
