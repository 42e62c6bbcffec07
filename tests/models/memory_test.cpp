// What saves memory must not change a value: autoencoders in bands, weights that stay in their file.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "engine/core/error.h"
#include "engine/model/registry.h"
#include "engine/ops/winograd.h"
#include "models/registry.h"
#include "models/vae/bands.h"
#include "tests/engine/io/io_testing.h"
#include "tests/models/vae_shapes.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

fs::path stored_model(const std::string& name) {
  return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model";
}

const ModelRegistry& all_models() {
  static const ModelRegistry registry = [] {
    ModelRegistry made;
    models::register_all(made);
    return made;
  }();
  return registry;
}

Tensor sines(Context& ctx, const Shape& shape) {
  Tensor x = ctx.output(shape);
  if (x.is_meta()) return x;
  float phase = 0;
  for (float& value : x.span<float>()) value = std::sin(phase += 0.83f);
  return x;
}

std::vector<float> all_of(const Tensor& x) {
  return {x.data<float>(), x.data<float>() + x.elements()};
}

class Bands : public ::testing::TestWithParam<const char*> {};

// Widths that chunks of moments do not divide, heights that no band divides, several images.
TEST_P(Bands, HoldWhatTheWholeImageWould) {
  Context ctx(cpu_device, 2);
  const auto model = all_models().load_autoencoder(ctx, open_model(stored_model(GetParam())));
  const ImageAutoencoderInfo& info = model->info();
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{37, 16}, {33, 20}, {5, 3}}) {
    const Tensor latents = sines(ctx, {2, info.latent_channels, height, width});
    const Tensor images = sines(ctx, {2, info.image_channels, height * info.scale, width * info.scale});
    const std::vector<float> decoded = all_of(model->decode(ctx, latents));
    const LatentDistribution whole = model->encode(ctx, images);
    for (const int64_t tile_bytes : {int64_t{1}, int64_t{30000}, usual_tile_bytes}) {
      EXPECT_EQ(all_of(model->decode_tiled(ctx, latents, tile_bytes)), decoded) << height << " " << tile_bytes;
      const LatentDistribution tiled = model->encode_tiled(ctx, images, tile_bytes);
      EXPECT_EQ(all_of(tiled.mean), all_of(whole.mean)) << height << " " << tile_bytes;
      if (whole.log_variance) {
        EXPECT_EQ(all_of(tiled.log_variance), all_of(whole.log_variance));
      }
    }
  }
}

TEST_P(Bands, NeedThePredictedMemory) {
  std::vector<MemoryUse> use;
  for (const Device device : {cpu_device, meta_device}) {
    Context ctx(device, 2);
    const auto model = all_models().load_autoencoder(ctx, open_model(stored_model(GetParam())));
    const ImageAutoencoderInfo& info = model->info();
    model->encode_tiled(ctx, sines(ctx, {1, info.image_channels, 24 * info.scale, 16 * info.scale}), 40000);
    model->decode_tiled(ctx, sines(ctx, {1, info.latent_channels, 24, 16}), 40000);
    use.push_back(ctx.arena()->use());
  }
  EXPECT_EQ(use[0].peak_bytes, use[1].peak_bytes);
  EXPECT_EQ(use[0].total_peak_bytes, use[1].total_peak_bytes);
}

INSTANTIATE_TEST_SUITE_P(Cases, Bands,
                         ::testing::Values("vae_kl_4ch", "vae_kl_16ch", "vae_kl_odd_f16", "vae_kl_no_attention_bf16",
                                           "vae_dc_f16", "vae_dc_sana_f16", "vae_tiny"),
                         [](const auto& info) { return std::string(info.param); });

// Where convolutions are computed by Winograd's method, which autoencoders of reference cases are too small for.
TEST(BandsOfConvolutions, HoldWhatTheWholeImageWould) {
  Context ctx(cpu_device, 2);
  const ConvShape shape{.in_channels = 64, .out_channels = 72};
  const Tensor kernel = sines(ctx, {72, 64, 3, 3}), x = sines(ctx, {1, 41, 20, 64});
  const Conv2d conv = pack_conv2d(ctx, "w", DType::f32, shape, kernel.raw(), {});
  for (const bool upsampled : {false, true}) {
    const int64_t height = upsampled ? 82 : 41, width = upsampled ? 40 : 20;
    ASSERT_TRUE(winograd_pays(shape, height, width));
    const Tensor whole = conv2d(ctx, x, conv, upsampled ? Upsampling{height, width} : Upsampling{});
    const models::BandImage bands = models::conv_in_bands(models::held(x, 1), conv, upsampled);
    EXPECT_EQ(all_of(models::whole(ctx, bands)), all_of(whole)) << upsampled;
  }
}

// Whole maps of 1024 x 1024 pixels take 2.7 GB, those of a reference implementation 4.1 GB (diffusers 0.42 with torch
// 2.15 on a cpu: its resident peak less what it held before, weights in f32 counted there).
TEST(BandsOfStableDiffusion, NeedAQuarterOfTheMemory) {
  const TemporaryFolder folder;
  const VaeShapes shapes(folder / "vae");
  Context ctx(meta_device, 2);
  LoadOptions options;
  options.stream = true;
  const auto model = all_models().load_autoencoder(ctx, open_model(folder / "vae"), options);
  const Tensor latents = ctx.output({1, 4, 128, 128}), image = ctx.output({1, 3, 1024, 1024});
  const auto peak_and_flops = [&](const std::function<void()>& work) {
    const double flops = ctx.cost().flops;
    ctx.arena()->reset_peak();
    work();
    return std::pair{ctx.arena()->use().total_peak_bytes, ctx.cost().flops - flops};
  };
  const auto [whole, whole_flops] = peak_and_flops([&] { model->decode(ctx, latents); });
  const auto [tiled, tiled_flops] = peak_and_flops([&] { model->decode_tiled(ctx, latents, usual_tile_bytes); });
  EXPECT_LT(tiled, 0.3 * static_cast<double>(whole)) << tiled << " " << whole;
  EXPECT_LT(tiled, 1000000000);
  EXPECT_LT(tiled_flops, 1.4 * whole_flops);
  const auto encoding = peak_and_flops([&] { model->encode_tiled(ctx, image, usual_tile_bytes); });
  EXPECT_LT(encoding.first, 1000000000);
}

struct Streaming {
  const char* name;
  int64_t resident_bytes;
};

class Streamed : public ::testing::TestWithParam<Streaming> {};

DenoiserInput question_for(Context& ctx, const DenoiserInfo& info) {
  DenoiserInput input;
  input.sample = sines(ctx, {2, info.in_channels, 16, 8});
  input.timesteps = {700, 200};
  if (info.text_width > 0) input.text = sines(ctx, {2, 6, info.text_width});
  if (info.pooled_width > 0) input.pooled = sines(ctx, {2, info.pooled_width});
  if (info.size_conditioned) input.time_ids = sines(ctx, {2, 6});
  if (info.classes > 0) input.classes = {1, 2};
  if (info.distilled_guidance) input.guidance = {3, 3};
  return input;
}

TEST_P(Streamed, WeightsGiveTheSameValuesWithLessMemory) {
  std::vector<float> resident;
  int64_t resident_bytes = 0;
  for (const bool stream : {false, true}) {
    MemoryUse use[2];
    for (const Device device : {cpu_device, meta_device}) {
      Context ctx(device, 2);
      LoadOptions options;
      options.stream = stream;
      options.resident_bytes = GetParam().resident_bytes;
      const auto model = all_models().load_denoiser(ctx, open_model(stored_model(GetParam().name)), options);
      const int64_t weights = ctx.arena()->use().bytes[static_cast<size_t>(Owner::weights)];
      if (!stream) resident_bytes = weights;
      EXPECT_LE(weights, stream ? GetParam().resident_bytes + resident_bytes / 2 : resident_bytes);
      const Tensor y = model->forward(ctx, question_for(ctx, model->info()));
      use[device == meta_device] = ctx.arena()->use();
      if (device == meta_device) continue;
      if (stream) {
        EXPECT_EQ(all_of(y), resident);
        EXPECT_EQ(all_of(model->forward(ctx, question_for(ctx, model->info()))), resident) << "again";
      } else {
        resident = all_of(y);
      }
    }
    EXPECT_EQ(use[0].total_peak_bytes, use[1].total_peak_bytes) << stream;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Streamed,
                         ::testing::Values(Streaming{"denoiser_unet_sd15", 0}, Streaming{"denoiser_unet_sdxl", 100000},
                                           Streaming{"denoiser_flux_dev_guidance", 0}, Streaming{"denoiser_dit", 0}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace diptych::testing
