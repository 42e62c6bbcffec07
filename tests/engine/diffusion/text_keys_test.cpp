// Keys and values of the text are made in the first step of a run; the images are those of runs that keep nothing.
#include "engine/model/text_keys.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/engine/diffusion/image_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;
using testing::difference;
using testing::fox_request;
using testing::make;

class KeptTextKeys : public ::testing::TestWithParam<const char*> {
 protected:
  Context ctx{cpu_device, 2};
  const ImageModel model = case_pipeline(ctx, GetParam());
  ImageRequest request = fox_request();

  void SetUp() override { request.prompt_syntax = true; }

  struct Work {
    double flops;
    int evaluations;  // some solvers ask more often than there are steps
  };
  Work work(int steps) {
    request.steps = steps;
    const ImageResult result = make(ctx, model, request);
    return {result.denoising.cost.flops, result.evaluations};
  }
};

TEST_P(KeptTextKeys, LeaveTheImageAsItIs) {
  for (const char* prompt : {"a fox in the rain", "a [fox:wolf in the snow:0.4] in the rain"}) {
    request.prompt = prompt;
    request.sequential_guidance = false;
    const Tensor kept = make(ctx, model, request).images;
    request.sequential_guidance = true;  // keeps none
    EXPECT_EQ(difference(kept, make(ctx, model, request).images), 0) << prompt;
  }
}

TEST_P(KeptTextKeys, AreMadeOnce) {
  const Work two = work(2), three = work(3), four = work(4);
  const double later = (four.flops - three.flops) / (four.evaluations - three.evaluations),
               first = two.flops - (two.evaluations - 1) * later;
  EXPECT_GT(first, later);
  EXPECT_NEAR(three.flops, first + (three.evaluations - 1) * later, 1e-6 * first);
  request.sequential_guidance = true;  // each evaluation makes its own
  const Work anew = work(4);
  EXPECT_NEAR(anew.flops / anew.evaluations, work(3).flops / three.evaluations, 1e-6 * first);
  request.sequential_guidance = false;
  request.prompt = "a fox [in the rain:the in rain:0.5]";  // another text in the second half
  EXPECT_GT(work(4).flops, four.flops + 0.9 * (first - later));
}

TEST_P(KeptTextKeys, AreCountedByMeta) {
  Context predicting(meta_device, 1);
  request.steps = 3;
  const ImageResult predicted = make(predicting, case_pipeline(predicting, GetParam()), request),
                    measured = make(ctx, model, request);
  EXPECT_NEAR(predicted.denoising.cost.flops, measured.denoising.cost.flops, 1e-6 * measured.denoising.cost.flops);
  EXPECT_NEAR(static_cast<double>(predicted.denoising.peak_bytes), static_cast<double>(measured.denoising.peak_bytes),
              0.02 * static_cast<double>(measured.denoising.peak_bytes));
}

INSTANTIATE_TEST_SUITE_P(Families, KeptTextKeys,
                         ::testing::Values("pipeline_sd15", "pipeline_sdxl", "pipeline_pixart_sigma", "pipeline_sana"));

TEST(TextKeys, AreMadeAnewInF32AndWhereNothingIsKept) {
  Context ctx(cpu_device, 1);
  TextKeys kept;
  int made = 0, attention = 0, other = 0;
  const auto make_pair = [&] {
    ++made;
    return TextKeys::Pair{ctx.output({1, 2}), ctx.output({1, 2})};
  };
  const TextKeys::Pair first = TextKeys::of(ctx, &kept, &attention, make_pair);
  EXPECT_EQ(TextKeys::of(ctx, &kept, &attention, make_pair).keys.raw(), first.keys.raw());
  EXPECT_EQ(made, 1);
  EXPECT_NE(TextKeys::of(ctx, &kept, &other, make_pair).keys.raw(), first.keys.raw());
  EXPECT_EQ(made, 2);
  ctx.arithmetic = Arithmetic::f32;
  TextKeys::of(ctx, &kept, &attention, make_pair);
  ctx.arithmetic = Arithmetic::usual;
  TextKeys::of(ctx, nullptr, &attention, make_pair);
  EXPECT_EQ(made, 4);
}

TEST(TextKeys, KeepNothingOfWhatFails) {
  Context ctx(cpu_device, 1);
  TextKeys kept;
  const int attention = 0;
  const auto fail = []() -> TextKeys::Pair { throw std::runtime_error("cancelled"); };
  EXPECT_THROW(TextKeys::of(ctx, &kept, &attention, fail), std::runtime_error);
  const auto make_pair = [&] { return TextKeys::Pair{ctx.output({1, 2}), ctx.output({1, 2})}; };
  EXPECT_TRUE(TextKeys::of(ctx, &kept, &attention, make_pair).keys);
}

}  // namespace
}  // namespace diptych::diffusion
