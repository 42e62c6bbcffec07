// Runs of several passes: a second one over the enlarged picture, tiles that are refined, variations of a seed.
#include "engine/diffusion/noise/variation.h"
#include "engine/diffusion/pictures/resample.h"
#include "engine/diffusion/pictures/tiles.h"
#include "engine/diffusion/upscale.h"
#include "tests/engine/diffusion/image_testing.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;
using testing::difference;
using testing::error_of;
using testing::fox_request;

NoiseFactory noise_from(uint64_t seed) {
  return [seed](int64_t image, int64_t values) {
    return std::make_unique<ImageNoise>(NoiseKind::philox, seed + static_cast<uint64_t>(image), 1, values);
  };
}

// Doubles each pixel.
class Doubling final : public ImageUpscaler {
 public:
  const ImageUpscalerInfo& info() const override { return info_; }
  Tensor upscale(Context& ctx, const Tensor& x) const override {
    Tensor y = ctx.output({x.dim(0), 3, 2 * x.dim(2), 2 * x.dim(3)});
    const int64_t width = y.dim(3), height = y.dim(2);
    for (int64_t i = 0; i < y.elements(); ++i) {
      const int64_t plane = i / (width * height), line = i / width % height, column = i % width;
      y.data<float>()[i] = x.data<float>()[(plane * x.dim(2) + line / 2) * x.dim(3) + column / 2];
    }
    return y;
  }

 private:
  ImageUpscalerInfo info_{.architecture = "doubling", .scale = 2, .side_multiple = 1, .parameters = 0};
};

TEST(Hires, ReadsItsText) {
  const HiresPass all = parse_hires("1.5:15:0.55:lanczos");
  EXPECT_EQ(all.scale, 1.5);
  EXPECT_EQ(all.steps, 15);
  EXPECT_EQ(all.strength, 0.55);
  EXPECT_EQ(all.enlarger, Enlarger::lanczos);
  EXPECT_EQ(parse_hires("2").enlarger, Enlarger::latent);
  EXPECT_EQ(parse_hires("2::0.4").strength, 0.4);
  EXPECT_EQ(parse_hires("4:::/models/a:b.safetensors").upscaler, "/models/a:b.safetensors");
  for (const char* wrong : {"", "x", "0.5", "2:0", "2:9:1.5"}) {
    EXPECT_EQ(error_of([&] { parse_hires(wrong); }).category(), ErrorCategory::invalid_argument) << wrong;
  }
}

class HiresRun : public ::testing::TestWithParam<Enlarger> {};

TEST_P(HiresRun, MakesLargerImagesWhichDependNotOnTheirNeighbours) {
  Context ctx(cpu_device, 2);
  const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
  ImageRequest request = fox_request();
  request.steps = 4;
  request.sampler = Sampler::euler;
  HiresPass pass = parse_hires("1.5:4:0.5");
  pass.enlarger = GetParam();
  const Doubling doubling;
  const auto run = [&](int64_t images, uint64_t seed, const ImageStepListener& listener = {}) {
    request.images = images;
    ImageNoise noise(NoiseKind::philox, seed, images, model.latent_channels() * 8 * 16);
    return make_images_twice(ctx, model, request, noise, pass, &doubling, noise_from(seed), listener);
  };
  std::vector<std::pair<int, int>> steps;
  const ImageResult two = run(2, 3, [&](const ImageStep& step) { steps.emplace_back(step.step, step.steps); });
  EXPECT_EQ(two.images.shape(), (Shape{2, 3, 24, 48}));
  EXPECT_EQ(two.evaluations, 4 + 2 + 2);
  ASSERT_EQ(steps.size(), 9u);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(steps[static_cast<size_t>(i)], (std::pair{i, 8}));
  EXPECT_EQ(difference(run(1, 4).images, two.images.slice(0, 1, 2)), 0);
  pass.strength = 0;  // nothing is changed any more
  const ImageResult enlarged_only = run(1, 3);
  EXPECT_GT(difference(enlarged_only.images, two.images.slice(0, 0, 1)), 1e-3f);
}

// As in A1111: a share above 1 is of the second pass, in which others are over.
TEST(Hires, GoesOnWithTheSchedulesOfThePrompt) {
  Context ctx(cpu_device, 2);
  const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
  ImageRequest request = fox_request();
  request.prompt_syntax = true;
  request.steps = 4;
  const auto run = [&](const char* prompt) {
    request.prompt = prompt;
    ImageNoise noise(NoiseKind::philox, 3, 1, model.latent_channels() * 8 * 16);
    return make_images_twice(ctx, model, request, noise, parse_hires("1.5:4:0.75"), nullptr, noise_from(3)).images;
  };
  const Tensor fox = run("a fox in the rain");
  EXPECT_EQ(difference(run("a [fox:car:9] in the rain"), fox), 0) << "counted over both";
  EXPECT_GT(difference(run("a [fox:car:7] in the rain"), fox), 1e-5f);
  EXPECT_GT(difference(run("a [fox:car:1.5] in the rain"), fox), 1e-5f);
  EXPECT_GT(difference(run("a [fox:car:1.0] in the rain"), run("a [fox:car:1.5] in the rain")), 1e-5f);
}

INSTANTIATE_TEST_SUITE_P(Enlargers, HiresRun,
                         ::testing::Values(Enlarger::latent, Enlarger::bicubic, Enlarger::lanczos, Enlarger::model),
                         [](const auto& info) { return std::string(enlarger_name(info.param)); });

TEST(Tiles, CoverThePictureEvenly) {
  EXPECT_EQ(tiles_of(50, 40, 64, 8), (std::vector<Tile>{{0, 0, 50, 40}}));
  const std::vector<Tile> tiles = tiles_of(64, 160, 64, 16, 8);
  ASSERT_EQ(tiles.size(), 3u);
  EXPECT_EQ(tiles[1], (Tile{0, 48, 64, 64}));
  EXPECT_EQ(tiles[2], (Tile{0, 96, 64, 64}));
}

TEST(Tiles, ThatAreUnchangedBlendToThePicture) {
  Context ctx(cpu_device, 1);
  Tensor picture = ctx.output({1, 3, 50, 70});
  for (int64_t i = 0; i < picture.elements(); ++i) picture.data<float>()[i] = std::sin(static_cast<float>(i));
  TileBlend blend(ctx, picture.shape(), 6);
  for (const Tile& tile : tiles_of(50, 70, 24, 6)) blend.add(cut_tile(ctx, picture, tile), tile);
  EXPECT_LT(difference(blend.result(), picture), 1e-6f);
  Tensor positive = picture;
  for (float& value : positive.span<float>()) value = 0.5f + 0.4f * value;
  const Doubling doubling;
  EXPECT_LT(difference(upscale_in_tiles(ctx, doubling, positive, {.side = 24, .overlap = 4}),
                       doubling.upscale(ctx, positive)),
            1e-6f);
}

TEST(Tiles, AreRefinedByTheModel) {
  Context ctx(cpu_device, 2);
  const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
  ImageRequest request = fox_request();
  request.width = 48;
  request.height = 32;
  request.init_image = ctx.output({1, 3, 32, 48});
  for (int64_t i = 0; i < request.init_image.elements(); ++i) {
    request.init_image.data<float>()[i] = 0.5f + 0.4f * std::sin(static_cast<float>(i) / 9);
  }
  request.strength = 0.7;
  request.sampler = Sampler::euler;
  const ImageResult refined = refine_in_tiles(ctx, model, request, {.side = 32, .overlap = 16}, noise_from(1));
  EXPECT_EQ(refined.images.shape(), request.init_image.shape());
  EXPECT_EQ(refined.evaluations, 2 * 2);  // two tiles
  request.init_image = {};
  EXPECT_EQ(error_of([&] { refine_in_tiles(ctx, model, request, {}, noise_from(1)); }).category(),
            ErrorCategory::invalid_argument);
}

Tensor waves(Context& ctx, int64_t height, int64_t width) {
  Tensor picture = ctx.output({1, 3, height, width});
  if (picture.is_meta()) return picture;
  for (int64_t i = 0; i < picture.elements(); ++i) {
    picture.data<float>()[i] = 0.5f + 0.4f * std::sin(static_cast<float>(i) / 9);
  }
  return picture;
}

TEST(Upscaling, NeedsNoModelWhereNothingIsMadeAnew) {
  Context ctx(cpu_device, 2);
  const Tensor picture = waves(ctx, 30, 50);
  const Doubling doubling;
  std::vector<std::pair<int, int>> tiles;
  const TileListener listen = [&](int done, int all) { tiles.emplace_back(done, all); };
  const ImageResult larger =
      enlarge_picture(ctx, picture, {.scale = 1.5, .enlarger = Enlarger::model}, &doubling, listen);
  EXPECT_EQ(larger.images.shape(), (Shape{1, 3, 45, 75}));
  EXPECT_EQ(tiles, (std::vector<std::pair<int, int>>{{0, 1}, {1, 1}}));
  EXPECT_GT(larger.enlarging.peak_bytes, picture.bytes());
  EXPECT_EQ(larger.peak_bytes(), larger.enlarging.peak_bytes);
  EXPECT_EQ(difference(enlarge_picture(ctx, picture, {.scale = 1}, nullptr).images, picture), 0);
  EXPECT_EQ(error_of([&] { enlarge_picture(ctx, picture, {.enlarger = Enlarger::latent}, nullptr); }).category(),
            ErrorCategory::invalid_argument);
}

TEST(Upscaling, SizesAreWhatTheModelMakes) {
  const PixelSize size = upscaled_size({500, 333}, 1.5, 8);
  EXPECT_EQ(size.width, 752);
  EXPECT_EQ(size.height, 496);
  EXPECT_EQ(upscaled_size({3, 3}, 1, 8).width, 8);
}

// Of any size, its details made anew in tiles; what meta says of it is what it takes.
class UpscaleRun : public ::testing::TestWithParam<Enlarger> {};

TEST_P(UpscaleRun, MakesTilesAnewAndIsPredicted) {
  const auto run = [](Context& ctx, double strength) {
    const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
    ImageRequest request = fox_request();
    const Tensor picture = waves(ctx, 15, 25);
    const PixelSize size = upscaled_size({25, 15}, 2, model.side_multiple());
    request.width = size.width;
    request.height = size.height;
    request.steps = 4;
    request.strength = strength;
    request.sampler = Sampler::euler;
    const UpscalePass pass{.enlarger = GetParam(), .tiles = {.side = 32, .overlap = 16}};
    return upscale_picture(ctx, model, request, picture, pass, nullptr, noise_from(1));
  };
  Context ctx(cpu_device, 2), meta(meta_device, 2);
  const ImageResult made = run(ctx, 0.5), predicted = run(meta, 0.5);
  EXPECT_EQ(made.images.shape(), (Shape{1, 3, 30, 50}));
  EXPECT_EQ(made.evaluations, 3 * 2);  // three tiles
  EXPECT_EQ(predicted.evaluations, made.evaluations);
  EXPECT_NEAR(predicted.denoising.cost.flops, made.denoising.cost.flops, 1e-6 * made.denoising.cost.flops);
  EXPECT_EQ(predicted.peak_bytes(), made.peak_bytes());
  EXPECT_GT(difference(run(ctx, 0.75).images, made.images), 1e-3f);
}

INSTANTIATE_TEST_SUITE_P(Enlargers, UpscaleRun,
                         ::testing::Values(Enlarger::latent, Enlarger::bicubic, Enlarger::lanczos),
                         [](const auto& info) { return std::string(enlarger_name(info.param)); });

TEST(Hires, IsPredictedWithBothItsPasses) {
  const auto run = [](Context& ctx) {
    const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
    ImageRequest request = fox_request();
    request.steps = 6;
    request.sampler = Sampler::euler;
    ImageNoise noise(NoiseKind::philox, 1, 1, model.latent_channels() * 8 * 16);
    return make_images_twice(ctx, model, request, noise, parse_hires("2:4:0.5:lanczos"), nullptr, noise_from(1));
  };
  Context ctx(cpu_device, 2), meta(meta_device, 2);
  const ImageResult made = run(ctx), predicted = run(meta);
  EXPECT_EQ(made.evaluations, 6 + 2);
  EXPECT_EQ(predicted.evaluations, made.evaluations);
  EXPECT_NEAR(predicted.denoising.cost.flops, made.denoising.cost.flops, 1e-6 * made.denoising.cost.flops);
}

TEST(Resampling, KeepsWhatIsFlatOrLinear) {
  Context ctx(cpu_device, 2);
  Tensor ramp = ctx.output({1, 2, 12, 16});
  for (int64_t i = 0; i < ramp.elements(); ++i) ramp.data<float>()[i] = i < 192 ? 3 : static_cast<float>(i % 16);
  for (const ResampleFilter filter : {ResampleFilter::bilinear, ResampleFilter::bicubic, ResampleFilter::lanczos}) {
    for (const int64_t width : {40, 16, 7}) {
      const Tensor y = resampled(ctx, ramp, 9, width, filter);
      for (int64_t i = 0; i < 9 * width; ++i) EXPECT_NEAR(y.data<float>()[i], 3, 1e-5);
      const double scale = 16.0 / static_cast<double>(width);
      const int64_t middle = 9 * width + 4 * width + width / 2;
      const double expected = (static_cast<double>(width / 2) + 0.5) * scale - 0.5;
      EXPECT_NEAR(y.data<float>()[middle], expected, filter == ResampleFilter::lanczos ? 0.1 : 1e-4) << width;
    }
  }
}

TEST(Variations, LieBetweenTheNoises) {
  Context ctx(cpu_device, 1);
  std::vector<float> first(4 * 8 * 16), second(first.size());
  make_noise_source(NoiseKind::torch_cpu, 1)->fill_normal(first);
  make_noise_source(NoiseKind::torch_cpu, 2)->fill_normal(second);
  std::vector<float> mixed = first;
  mix_noise(mixed, second, 8, 16, 0);
  for (size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(mixed[i], first[i], 1e-6);
  mix_noise(mixed, second, 8, 16, 1);
  for (size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(mixed[i], second[i], 1e-5);
  mixed = first;
  mix_noise(mixed, second, 8, 16, 0.5);
  double squares = 0;  // on the arc the deviation stays about 1
  for (const float value : mixed) squares += value * value;
  EXPECT_NEAR(squares / static_cast<double>(mixed.size()), 1, 0.15);
  mixed = first;
  mix_noise(mixed, first, 8, 16, 0.3);  // parallel: the chord
  for (size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(mixed[i], first[i], 1e-6);

  const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
  ImageRequest request = fox_request();
  const Tensor plain = testing::make(ctx, model, request).images;
  request.variation = Variation{.kind = NoiseKind::torch_cpu, .seed = 99, .strength = 1};
  const Tensor other = testing::make(ctx, model, request).images;
  request.variation = {};
  EXPECT_LT(difference(other, testing::make(ctx, model, request, 99).images), 1e-3f);
  EXPECT_GT(difference(other, plain), 1e-3f);
}

}  // namespace
}  // namespace diptych::diffusion
