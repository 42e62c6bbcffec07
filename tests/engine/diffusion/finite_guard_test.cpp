// Faults that are put into a run: what comes to no numbers is computed again in f32, reported, and never a black image.
#include "engine/diffusion/finite_guard.h"

#include <limits>

#include "engine/core/error.h"
#include "tests/engine/diffusion/image_testing.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;
using testing::difference;
using testing::error_of;
using testing::fox_request;

constexpr float infinity = std::numeric_limits<float>::infinity();

// One value of what a part computes is spoilt: in usual arithmetic, or `always`.
struct Fault {
  int call = 0;  // counted from 0
  float value = std::numeric_limits<float>::quiet_NaN();
  bool always = false;
  mutable int calls = 0;

  Tensor spoilt(const Context& ctx, Tensor result) const {
    const bool now = ctx.arithmetic == Arithmetic::f32 ? always : calls++ == call;
    if (now) result.data<float>()[5] = value;
    return result;
  }
};

class FaultyDenoiser final : public Denoiser {
 public:
  FaultyDenoiser(std::unique_ptr<Denoiser> inner, Fault fault) : inner_(std::move(inner)), fault_(fault) {}
  const DenoiserInfo& info() const override { return inner_->info(); }
  Tensor forward(Context& ctx, const DenoiserInput& input) const override {
    return fault_.spoilt(ctx, inner_->forward(ctx, input));
  }
  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    return inner_->evaluate(ctx, inputs, arguments);
  }

 private:
  std::unique_ptr<Denoiser> inner_;
  Fault fault_;
};

class FaultyAutoencoder final : public ImageAutoencoder {
 public:
  FaultyAutoencoder(std::unique_ptr<ImageAutoencoder> inner, Fault fault) : inner_(std::move(inner)), fault_(fault) {}
  const ImageAutoencoderInfo& info() const override { return inner_->info(); }
  LatentDistribution encode(Context& ctx, const Tensor& images) const override { return inner_->encode(ctx, images); }
  Tensor decode(Context& ctx, const Tensor& latents) const override {
    return fault_.spoilt(ctx, inner_->decode(ctx, latents));
  }

 private:
  std::unique_ptr<ImageAutoencoder> inner_;
  Fault fault_;
};

class Faults : public ::testing::Test {
 protected:
  void break_denoiser(const Fault& fault) {
    model.denoiser = std::make_unique<FaultyDenoiser>(std::move(model.denoiser), fault);
  }
  void break_autoencoder(const Fault& fault) {
    model.autoencoder = std::make_unique<FaultyAutoencoder>(std::move(model.autoencoder), fault);
  }
  Context ctx{cpu_device, 2};
  ImageModel model = case_pipeline(ctx, "pipeline_sd15");
};

TEST_F(Faults, OfAStepAreRedoneAndReported) {
  const ImageResult sound = testing::make(ctx, model, fox_request());
  EXPECT_TRUE(sound.redone_steps.empty());
  break_denoiser({.call = 1, .value = infinity});
  const ImageResult mended = testing::make(ctx, model, fox_request());
  EXPECT_EQ(mended.redone_steps, std::vector<int>{2});
  EXPECT_EQ(difference(mended.images, sound.images), 0);
  EXPECT_EQ(ctx.arithmetic, Arithmetic::usual);
}

TEST_F(Faults, OfAPictureAreRedoneAndReported) {
  const ImageResult sound = testing::make(ctx, model, fox_request());
  break_autoencoder({});
  const ImageResult mended = testing::make(ctx, model, fox_request());
  EXPECT_TRUE(mended.redone_picture);
  EXPECT_EQ(difference(mended.images, sound.images), 0);
}

TEST_F(Faults, ThatF32DoesNotMendEndTheRunWithTheirPlace) {
  break_denoiser({.call = 2, .always = true});
  const Error error = error_of([&] { testing::make(ctx, model, fox_request()); });
  EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
  EXPECT_NE(error.thing().find("step 3"), std::string::npos) << error.what();
  EXPECT_EQ(ctx.arithmetic, Arithmetic::usual);
}

}  // namespace
}  // namespace diptych::diffusion
