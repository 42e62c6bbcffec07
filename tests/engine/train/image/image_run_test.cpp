// Fine-tuning of image models, with the small pipelines of the reference cases.
#include <numeric>

#include "engine/core/error.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/train/runs/trainer.h"
#include "tests/engine/train/image_training_testing.h"

namespace diptych::train {
namespace {

// Every family that has a way back: the adapter's two files do the same to a fresh model, and something.
TEST_P(ImageTraining, WritesAdaptersThatChangeWhatIsMade) {
  const std::string base = GetParam();
  const Outcome outcome = train(recipe(base, "out"));
  EXPECT_TRUE(outcome.result.finished);
  for (const StepMetrics& step : outcome.metrics) {
    EXPECT_TRUE(std::isfinite(step.loss));
    EXPECT_GT(step.grad_norm, 0);
    EXPECT_GT(step.images_per_s.value_or(0), 0);
  }
  const std::vector<float> plain = picture(pipeline(base)),
                           kohya = picture(pipeline(base), folder / "out/adapter.safetensors"),
                           diffusers = picture(pipeline(base), folder / "out");
  EXPECT_GT(largest_difference(plain, kohya), 1e-4);
  EXPECT_LT(largest_difference(kohya, diffusers), 1e-4 * std::max(1.0, largest_difference(plain, kohya)));
}

INSTANTIATE_TEST_SUITE_P(Families, ImageTraining,
                         testing::Values("sd15", "sd21_v", "sdxl", "sd3", "flux", "pixart_alpha", "pixart_sigma", "dit",
                                         "causal_text", "z_image", "qwen_image"));

using ImageRun = ImageTraining;

TEST_F(ImageRun, LearnsItsPictures) {
  const json more{{"steps", 60}, {"validation", 0.3}, {"targets", {"all-linear"}}, {"rank", 8}, {"epochs", nullptr}};
  json plain = more;
  plain.erase("epochs");
  const Outcome outcome = train(recipe("sd15", "out", plain));
  ASSERT_EQ(outcome.losses.size(), 60u);
  ASSERT_TRUE(outcome.result.validation_loss);
  // Random weights predict nothing: the noise has a variance of 1.
  const auto mean = [&](size_t from) {
    return std::accumulate(outcome.losses.begin() + static_cast<int64_t>(from),
                           outcome.losses.begin() + static_cast<int64_t>(from) + 15, 0.0) /
           15;
  };
  EXPECT_LT(mean(45), 0.95 * mean(0));
}

TEST_F(ImageRun, GoesOnBitForBit) {
  const json more{{"steps", 10},
                  {"checkpoint_every", 4},
                  {"ema", 0.9},
                  {"accumulate", 2},
                  {"loss", {{"offset_noise", 0.1}, {"min_snr_gamma", 5}}},
                  {"image", {{"flip", true}}}};
  train(recipe("sd15", "straight", more));
  const Recipe cut = recipe("sd15", "cut", more);
  EXPECT_FALSE(train(cut, {}, 6).result.finished);
  const Outcome rest = train(cut, {.resume = true});
  EXPECT_TRUE(rest.result.finished);
  EXPECT_EQ(rest.encodings.made, 0);  // all was encoded by the first part
  EXPECT_EQ(bytes("straight/pytorch_lora_weights.safetensors"), bytes("cut/pytorch_lora_weights.safetensors"));
}

// Encodings from the disk, from memory, with layers computed again: the same numbers.
TEST_F(ImageRun, DoesNotDependOnWhatIsKept) {
  for (const char* base : {"sd15", "pixart_sigma", "sd3", "flux", "dit", "z_image", "qwen_image"}) {
    fs::remove_all(folder / "kept");
    fs::remove_all(folder / "again");
    if (std::string(base) == "dit") {
      for (int i = 0; i < 5; ++i) std::ofstream(folder / ("pictures/" + std::to_string(i) + ".txt")) << i;
    }
    const Outcome kept = train(recipe(base, "kept"));
    const Outcome again = train(
        recipe(base, "again", {{"recompute", "full"}, {"image", {{"cache_latents", false}, {"cache_text", false}}}}));
    EXPECT_EQ(kept.losses, again.losses) << base;
    EXPECT_EQ(bytes("kept/pytorch_lora_weights.safetensors"), bytes("again/pytorch_lora_weights.safetensors")) << base;
    fs::remove_all(folder / "again");
    EXPECT_EQ(kept.losses, train(recipe(base, "again", {{"recompute", "selective"}})).losses) << base;
    EXPECT_EQ(bytes("kept/pytorch_lora_weights.safetensors"), bytes("again/pytorch_lora_weights.safetensors")) << base;
  }
}

// Of kernels, too, and of layers that nothing is put on.
TEST_F(ImageRun, WeightsReadFromTheFileChangeNothingButMemory) {
  for (const char* base : {"sd15", "pixart_sigma", "flux", "z_image"}) {
    for (const char* output : {"kept", "read"}) fs::remove_all(folder / output);
    json more{{"conv_rank", std::string(base) == "sd15" ? 2 : 0}};
    const std::vector<double> kept = train(recipe(base, "kept", more)).losses;
    more["resident_gb"] = 1e-4;
    EXPECT_EQ(kept, train(recipe(base, "read", more)).losses) << base;
    EXPECT_EQ(bytes("kept/pytorch_lora_weights.safetensors"), bytes("read/pytorch_lora_weights.safetensors")) << base;
  }
}

// Of kernels, too, and of what adapters drop; and of all weights.
TEST_F(ImageRun, WhatIsCheapIsMadeAgainTheSame) {
  for (json more :
       {json{{"targets", {"all-linear"}}, {"conv_rank", 2}, {"adapter_dropout", 0.2}},
        json{{"method", "lokr"}, {"targets", {"all-linear"}}, {"conv_rank", 2}}, json{{"method", "full"}}}) {
    for (const char* output : {"kept", "again"}) fs::remove_all(folder / output);
    const std::vector<double> kept = train(recipe("sd15", "kept", more)).losses;
    more["recompute"] = "selective";
    EXPECT_EQ(kept, train(recipe("sd15", "again", more)).losses) << more;
  }
}

// The larger part of what a step keeps goes where blocks are computed again.
TEST_F(ImageRun, BlocksComputedAgainTakeLessMemory) {
  for (const char* base : {"sd15", "pixart_sigma"}) {
    const auto activations = [&](const char* recompute) {
      const Recipe one = recipe(
          base, "out",
          {{"batch", 8}, {"data", "pictures"}, {"targets", {"all-linear"}}, {"recompute", recompute}, {"steps", 1}});
      Context ctx(meta_device, 1), reading(cpu_device, 1);
      ImageBase model(ctx, registry, at(one.base));
      ImageTask task(ctx, one, model, load_picture_data(one, reading.pool()));
      Trainer trainer(ctx, task.part(), trainer_options(one, 1));
      ctx.arena()->reset_peak();
      trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task.next_loss(c, factor); });
      return ctx.arena()->use().peak_bytes[static_cast<size_t>(Owner::activations)];
    };
    const auto all = static_cast<double>(activations("none"));
    const auto selective = static_cast<double>(activations("selective"));
    EXPECT_LT(selective, 0.9 * all) << base;
    EXPECT_LT(activations("full"), 0.8 * all) << base;
  }
}

TEST_F(ImageRun, AllWeightsBecomeAPipelineThatLoads) {
  train(recipe("sd15", "full", {{"method", "full"}, {"steps", 6}, {"learning_rate", 0.001}}));
  EXPECT_TRUE(is_pipeline_folder(folder / "full"));
  const std::vector<float> before = picture(pipeline("sd15")), after = picture(folder / "full");
  EXPECT_GT(largest_difference(before, after), 1e-3);
  // Nothing is lost of what the base's file holds.
  Context ctx(cpu_device, 1);
  const TensorMap old = read_tensors(ctx, pipeline("sd15") / "unet/diffusion_pytorch_model.safetensors"),
                  trained = read_tensors(ctx, folder / "full/unet/diffusion_pytorch_model.safetensors");
  ASSERT_EQ(old.size(), trained.size());
  for (const auto& [name, tensor] : old) EXPECT_EQ(tensor.shape(), trained.at(name).shape()) << name;
}

TEST_F(ImageRun, ZeroTerminalSnrChangesTheScheduler) {
  train(recipe("sd21_v", "full", {{"method", "full"}, {"steps", 2}, {"loss", {{"zero_terminal_snr", true}}}}));
  const auto scheduler = diffusion::read_scheduler_config(folder / "full/scheduler/scheduler_config.json");
  EXPECT_TRUE(scheduler.rescale_betas_zero_snr);
  EXPECT_EQ(scheduler.prediction, diffusion::Prediction::v);
}

// Half of the picture counts: about half of the loss is left. A white mask changes nothing.
TEST_F(ImageRun, MasksHidePlaces) {
  const auto first_loss = [&](const char* output, bool masked, int64_t shown_columns) {
    fs::remove_all(folder / "masked");
    fs::create_directories(folder / "masked");
    Image8 mask{32, 32, 1, std::vector<uint8_t>(32 * 32, 0)};
    for (int64_t i = 0; i < 32 * 32; ++i) {
      if (i % 32 < shown_columns) mask.pixels[static_cast<size_t>(i)] = 255;
    }
    write_image(folder / "masked/a.png", drawn_picture(32, 32, 1));
    write_image(folder / "masked/a_mask.png", mask);
    std::ofstream(folder / "masked/a.txt") << "a fox";
    const json more{{"data", "masked"}, {"steps", 1}, {"loss", {{"masked", masked}}}};
    return train(recipe("sd15", output, more)).losses.front();
  };
  const double open = first_loss("open", false, 32), half = first_loss("half", true, 16);
  EXPECT_NEAR(first_loss("white", true, 32), open, 1e-6 * open);
  EXPECT_GT(half, 0.3 * open);
  EXPECT_LT(half, 0.7 * open);
}

TEST_F(ImageRun, PredictsItsMemoryOnMeta) {
  const Recipe one = recipe("sd15", "out", {{"targets", {"all-linear"}}});
  const auto peak = [&](Context& ctx) {
    ImageBase base(ctx, registry, at(one.base));
    Context reading(cpu_device, 2);
    ImageTask task(ctx, one, base, load_picture_data(one, reading.pool()));
    Trainer trainer(ctx, task.part(), {.optimizer = {.kind = OptimizerKind::adamw}});
    for (int i = 0; i < 3; ++i) {
      trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task.next_loss(c, factor); });
    }
    return ctx.arena()->use().total_peak_bytes;
  };
  Context real(cpu_device, 2), meta(meta_device, 2);
  const auto measured = static_cast<double>(peak(real)), predicted = static_cast<double>(peak(meta));
  EXPECT_NEAR(predicted / measured, 1, 0.03);
}

TEST_F(ImageRun, RefusesWhatDoesNotGoTogether) {
  const auto expect = [&](const char* base, const json& more, const char* word) {
    try {
      train(recipe(base, "out", more));
      ADD_FAILURE() << more << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  expect("flux", {{"loss", {{"min_snr_gamma", 5}}}}, "min_snr_gamma");
  expect("flux", {{"loss", {{"prediction", "v"}}}}, "prediction");
  expect("sd15", {{"loss", {{"zero_terminal_snr", true}}}}, "zero_terminal_snr");
  expect("sd15", {{"targets", {"to_nothing"}}}, "to_nothing");
  expect("dit", json::object(), "class");
}

}  // namespace
}  // namespace diptych::train
