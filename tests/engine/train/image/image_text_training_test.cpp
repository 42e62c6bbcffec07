// Training of image models' text encoders, and of new words.
#include <algorithm>
#include <numeric>

#include "engine/core/error.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/train/image/image_merge.h"
#include "engine/train/runs/trainer.h"
#include "tests/engine/train/image_training_testing.h"

namespace diptych::train {
namespace {

using TextEncoderTraining = ImageTraining;
using TokenRun = ImageTraining;

double mean_of(const std::vector<double>& values, size_t from, size_t count) {
  return std::accumulate(values.begin() + static_cast<int64_t>(from),
                         values.begin() + static_cast<int64_t>(from + count), 0.0) /
         static_cast<double>(count);
}

int64_t layers_of(const fs::path& path, const std::string& component) {
  return std::ranges::count(open_adapter(path)->layers, component, &AdapterLayer::component);
}

// The encoders alone change what is made, through every family's way from text to denoiser; both files say the same.
TEST_P(TextEncoderTraining, ChangesWhatIsMade) {
  const std::string base = GetParam();
  json more{{"train_denoiser", false}, {"train_text_encoder", true}};
  if (base == "flux" || base == "sd3") more["train_t5"] = true;
  const Outcome outcome = train(recipe(base, "out", more));
  for (const StepMetrics& step : outcome.metrics) EXPECT_GT(step.grad_norm, 0);
  const fs::path kohya = folder / "out/adapter.safetensors";
  EXPECT_EQ(layers_of(kohya, "denoiser"), 0);
  EXPECT_GT(layers_of(kohya, "text_encoder"), 0);
  EXPECT_EQ(layers_of(kohya, "text_encoder_2") > 0, base == "sdxl" || base == "sd3");
  const std::vector<float> plain = picture(pipeline(base)), with = picture(pipeline(base), kohya),
                           diffusers = picture(pipeline(base), folder / "out");
  EXPECT_GT(largest_difference(plain, with), 1e-5);
  EXPECT_LT(largest_difference(with, diffusers), 1e-4 * std::max(1.0, largest_difference(plain, with)));
}

INSTANTIATE_TEST_SUITE_P(Families, TextEncoderTraining,
                         testing::Values("sd15", "sd21_v", "sdxl", "sd3", "flux", "pixart_alpha", "causal_text",
                                         "z_image", "qwen_image"));

using TextEncoderRun = ImageTraining;

TEST_F(TextEncoderRun, NamesEncodersAsOthersDo) {
  train(recipe("sdxl", "xl", {{"train_text_encoder", true}, {"steps", 1}}));
  train(recipe("sd15", "one", {{"train_text_encoder", true}, {"steps", 1}}));
  const auto holds = [&](const char* file, const std::string& beginning) {
    return std::ranges::any_of(SafetensorsFile::open(folder / file)->entries(),
                               [&](const WeightEntry& entry) { return entry.name.starts_with(beginning); });
  };
  const std::string layer = "text_model_encoder_layers_0_self_attn_q_proj.lora_down";
  EXPECT_TRUE(holds("xl/adapter.safetensors", "lora_te1_" + layer));
  EXPECT_TRUE(holds("xl/adapter.safetensors", "lora_te2_" + layer));
  EXPECT_TRUE(holds("xl/adapter.safetensors", "lora_unet_"));
  EXPECT_TRUE(holds("one/adapter.safetensors", "lora_te_" + layer));
  const std::string module = ".text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight";
  EXPECT_TRUE(holds("xl/pytorch_lora_weights.safetensors", "text_encoder" + module));
  EXPECT_TRUE(holds("xl/pytorch_lora_weights.safetensors", "text_encoder_2" + module));
  EXPECT_TRUE(holds("one/pytorch_lora_weights.safetensors", "text_encoder" + module));
}

// Every method, on denoiser and encoders at once.
TEST_F(TextEncoderRun, TrainsWithEveryMethod) {
  for (const char* method : {"lora", "dora", "loha", "lokr"}) {
    fs::remove_all(folder / "out");
    train(recipe("sd15", "out",
                 {{"method", method},
                  {"train_text_encoder", true},
                  {"targets", {"all-linear"}},
                  {"text_encoder_targets", {"all-linear"}}}));
    const fs::path file = folder / "out/adapter.safetensors";
    EXPECT_GT(layers_of(file, "denoiser"), 0) << method;
    EXPECT_EQ(layers_of(file, "text_encoder"), 12) << method;  // two layers of six matrices
    EXPECT_GT(largest_difference(picture(pipeline("sd15")), picture(pipeline("sd15"), file)), 1e-4) << method;
  }
}

// Rates are apart: an encoder that does not learn leaves its part of the adapter without effect.
TEST_F(TextEncoderRun, HasALearningRateOfItsOwn) {
  const auto largest_up = [&](const char* output, double rate) {
    train(recipe("sd15", output, {{"train_text_encoder", true}, {"text_encoder_learning_rate", rate}}));
    Context ctx(cpu_device, 1);
    double largest = 0;
    for (const auto& [name, tensor] : read_tensors(ctx, folder / output / "pytorch_lora_weights.safetensors")) {
      if (!name.starts_with("text_encoder.") || name.find("lora_B") == std::string::npos) continue;
      for (const float value : tensor.span<float>()) largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
    return largest;
  };
  EXPECT_LT(largest_up("slow", 1e-7), 1e-5);
  EXPECT_GT(largest_up("fast", 1e-2), 1e-3);
}

TEST_F(TextEncoderRun, GoesOnBitForBit) {
  const json more{{"train_text_encoder", true}, {"steps", 10},          {"checkpoint_every", 4},
                  {"adapter_dropout", 0.1},     {"lora_plus_ratio", 4}, {"ema", 0.9}};
  train(recipe("sdxl", "straight", more));
  const Recipe cut = recipe("sdxl", "cut", more);
  EXPECT_FALSE(train(cut, {}, 6).result.finished);
  EXPECT_TRUE(train(cut, {.resume = true}).result.finished);
  EXPECT_EQ(bytes("straight/pytorch_lora_weights.safetensors"), bytes("cut/pytorch_lora_weights.safetensors"));
}

TEST_F(TextEncoderRun, DoesNotDependOnWhatIsKept) {
  for (const char* base : {"sdxl", "pixart_sigma", "flux"}) {
    fs::remove_all(folder / "kept");
    fs::remove_all(folder / "again");
    const json more{{"train_text_encoder", true}};
    json again = more;
    again["recompute"] = "full";
    again["image"] = {{"cache_latents", false}};
    EXPECT_EQ(train(recipe(base, "kept", more)).losses, train(recipe(base, "again", again)).losses) << base;
    EXPECT_EQ(bytes("kept/pytorch_lora_weights.safetensors"), bytes("again/pytorch_lora_weights.safetensors")) << base;
  }
}

TEST_F(TextEncoderRun, PredictsItsMemoryOnMeta) {
  for (const json& more :
       {json{{"train_text_encoder", true}},
        json{{"method", "textual_inversion"}, {"token", "<fox>"}, {"image", {{"caption_prefix", "<fox>"}}}}}) {
    const Recipe one = recipe("sdxl", "out", more);
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
    EXPECT_NEAR(predicted / measured, 1, 0.03) << more;
  }
}

TEST_F(TextEncoderRun, AllWeightsBecomeAPipelineThatLoads) {
  const json more{{"method", "full"},
                  {"train_text_encoder", true},
                  {"train_denoiser", false},
                  {"steps", 6},
                  {"learning_rate", 0.001}};
  train(recipe("sdxl", "full", more));
  EXPECT_TRUE(is_pipeline_folder(folder / "full"));
  EXPECT_GT(largest_difference(picture(pipeline("sdxl")), picture(folder / "full")), 1e-3);
  Context ctx(cpu_device, 1);
  for (const char* component : {"text_encoder", "text_encoder_2"}) {
    const TensorMap old = read_tensors(ctx, pipeline("sdxl") / component / "model.safetensors"),
                    trained = read_tensors(ctx, folder / "full" / component / "model.safetensors");
    ASSERT_EQ(old.size(), trained.size());
    for (const auto& [name, tensor] : old) EXPECT_EQ(tensor.shape(), trained.at(name).shape()) << name;
  }
}

TEST_F(TextEncoderRun, RefusesWhatDoesNotGoTogether) {
  const auto expect = [&](const char* base, const json& more, const char* word) {
    try {
      train(recipe(base, "out", more));
      ADD_FAILURE() << more << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  for (int i = 0; i < 5; ++i) std::ofstream(folder / ("pictures/" + std::to_string(i) + ".txt")) << i;
  expect("dit", {{"train_text_encoder", true}}, "text");
  expect("sd15", {{"train_t5", true}}, "train_t5");
  expect("sd15", {{"train_text_encoder", true}, {"text_encoder_targets", {"nothing"}}}, "nothing");
  expect("pixart_sigma", {{"train_text_encoder", true}, {"method", "full"}}, "T5");
  expect("flux", {{"method", "textual_inversion"}, {"token", "<fox>"}, {"image", {{"caption_prefix", "<fox>"}}}},
         "CLIP");
  expect("sd15", {{"method", "textual_inversion"}, {"token", "<fox>"}}, "no caption");
  expect("sd15",
         {{"method", "textual_inversion"}, {"token", "two words"}, {"image", {{"caption_prefix", "two words"}}}},
         "spaces");
  expect("sd15", {{"method", "textual_inversion"}, {"token", "a"}, {"image", {{"caption_prefix", "a"}}}}, "already");
}

// A new word: only its vectors are learnt, the loss falls, and what is written means the same to a fresh model.
TEST_P(TokenRun, IsReadByAFreshModel) {
  const std::string base = GetParam();
  const json more{{"method", "textual_inversion"},
                  {"token", "<fox>"},
                  {"token_start", "fox"},
                  {"token_vectors", 2},
                  {"steps", 6},
                  {"learning_rate", 0.05},
                  {"image", {{"caption_prefix", "<fox>"}, {"caption_dropout", 0}}}};
  const Outcome outcome = train(recipe(base, "out", more));
  for (const StepMetrics& step : outcome.metrics) EXPECT_GT(step.grad_norm, 0);
  const auto with = [&](std::vector<fs::path> files, const std::string& prompt) {
    Context ctx(cpu_device, 2);
    diffusion::ImageModel model =
        diffusion::load_image_model(ctx, registry, diffusion::open_parts(registry, at(pipeline(base))));
    diffusion::set_embeddings(ctx, model, files);
    diffusion::ImageRequest request;
    request.prompt = prompt;
    request.steps = 2;
    request.width = request.height = 16;
    diffusion::PhiloxNoise noise(1);
    const Tensor latents = diffusion::make_images(ctx, model, request, noise).latents;
    return std::vector<float>(latents.span<float>().begin(), latents.span<float>().end());
  };
  std::vector<fs::path> theirs{folder / "out/learned_embeds.safetensors"};
  if (base == "sdxl") theirs.push_back(folder / "out/learned_embeds_2.safetensors");
  const std::vector<float> plain = with({}, "a fox"), own = with({folder / "out/fox.safetensors"}, "a fox"),
                           named = with(theirs, "a <fox>");
  EXPECT_GT(largest_difference(plain, own), 1e-5);
  EXPECT_EQ(own, named);  // there the word is the file's name, here the tensor's
}

INSTANTIATE_TEST_SUITE_P(Families, TokenRun, testing::Values("sd15", "sd21_v", "sdxl"));

using TokenTask = ImageTraining;

TEST_F(TokenTask, LearnsAndGoesOnBitForBit) {
  const json more{{"method", "textual_inversion"},
                  {"token", "<fox>"},
                  {"token_vectors", 3},
                  {"steps", 60},
                  {"learning_rate", 0.1},
                  {"checkpoint_every", 20},
                  {"image", {{"caption_prefix", "<fox>"}, {"caption_dropout", 0}}}};
  const std::vector<double> losses = train(recipe("sd15", "straight", more)).losses;
  EXPECT_LT(mean_of(losses, 45, 15), mean_of(losses, 0, 15));
  const Recipe cut = recipe("sd15", "cut", more);
  EXPECT_FALSE(train(cut, {}, 26).result.finished);
  EXPECT_TRUE(train(cut, {.resume = true}).result.finished);
  EXPECT_EQ(bytes("straight/fox.safetensors"), bytes("cut/fox.safetensors"));
}

// The vectors' gradient is what a small change of them does to the loss.
TEST_F(TokenTask, HasTheGradientOfItsVectors) {
  const Recipe one = recipe("sdxl", "out",
                            {{"method", "textual_inversion"},
                             {"token", "<fox>"},
                             {"token_vectors", 2},
                             {"image", {{"caption_prefix", "<fox>"}, {"caption_dropout", 0}}}});
  Context ctx(cpu_device, 2);
  ImageBase base(ctx, registry, at(one.base));
  ImageTask task(ctx, one, base, load_picture_data(one, ctx.pool()));
  const auto loss = [&] {
    task.seek({});
    return static_cast<double>(*task.next_loss(ctx, 1).data<float>());
  };
  Tape tape;
  task.part().watch(tape);
  clear_gradients(ctx, task.part().parameters());
  ctx.tape = &tape;
  task.seek({});
  const Tensor value = task.next_loss(ctx, 1);
  Tensor unit = ctx.output({1});
  *unit.data<float>() = 1;
  tape.backward(ctx, value, std::move(unit));
  ctx.tape = nullptr;
  ASSERT_EQ(task.part().parameters().size(), 2u);
  for (Parameter& parameter : task.part().parameters()) {
    // Along the gradient: f32 losses tell no single value's change.
    const std::span<float> values = parameter.value.span<float>(), gradient = parameter.gradient.span<float>();
    double squares = 0;
    for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
    ASSERT_GT(squares, 0) << parameter.name;
    const std::vector<float> kept(values.begin(), values.end());
    const double length = 0.02, norm = std::sqrt(squares);
    const auto moved = [&](double by) {
      for (size_t i = 0; i < kept.size(); ++i) values[i] = kept[i] + static_cast<float>(by / norm) * gradient[i];
      const double there = loss();
      std::ranges::copy(kept, values.begin());
      return there;
    };
    const double slope = (moved(length) - moved(-length)) / (2 * length);
    EXPECT_NEAR(slope / norm, 1, 0.05) << parameter.name;
  }
}

}  // namespace
}  // namespace diptych::train
