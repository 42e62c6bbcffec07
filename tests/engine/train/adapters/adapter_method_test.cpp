// Methods of adapters in training against PEFT: what they add to a layer, and the gradients of their parameters.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engine/core/tape.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/model/adapters.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/image_layout.h"
#include "engine/train/adapters/adapter_training.h"
#include "engine/train/adapters/made_layer.h"
#include "engine/train/adapters/trained_layers.h"
#include "engine/train/exports/adapter_export.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;

const fs::path reference_file =
    fs::path(DIPTYCH_SOURCE_DIR) / "tests/engine/train/adapters/adapter_reference.safetensors";

struct AdapterCase {
  std::string name;
  AdapterOptions options;
};

std::vector<AdapterCase> all_cases() {
  return {{"lora", {.rank = 3, .alpha = 6}},
          {"rslora", {.rank = 3, .alpha = 6, .rank_stabilised = true}},
          {"dora", {.magnitudes = true, .rank = 3, .alpha = 6}},
          {"loha", {.method = AdapterMethod::loha, .rank = 2, .alpha = 5}},
          {"lokr", {.method = AdapterMethod::lokr, .rank = 1, .alpha = 2}},
          {"lokr_whole", {.method = AdapterMethod::lokr, .rank = 4, .alpha = 2, .kronecker_factor = 2}}};
}

class AdapterMethods : public ::testing::Test {
 protected:
  // The layers of the reference, their rows in as many parts.
  struct Model {
    std::shared_ptr<WeightTargets> targets = std::make_shared<WeightTargets>();
    Linear linear;
    Conv2d conv;
  };

  Model load(int parts = 1) {
    Model model;
    LoadOptions options;
    options.targets = model.targets;
    WeightLoader loader(ctx, SafetensorsFile::open(reference_file), options);
    if (parts == 1) {
      model.linear = loader.linear({{"linear", 8}}, 12);
    } else {
      model.linear = loader.linear({{"linear", 5, 0, 8}, {"linear", 3, 5, 8}}, 12);
    }
    model.conv = loader.conv2d("conv", {.in_channels = 4, .out_channels = 6});
    return model;
  }

  Tensor output(const Model& model, const std::string& layer) {
    const Tensor& x = reference.at(layer + ".input");
    if (layer == "linear") return linear(ctx, x, model.linear);
    return channels_first(ctx, conv2d(ctx, channels_last(ctx, x), model.conv));
  }

  std::unique_ptr<AdapterTraining> start(const Model& model, const AdapterCase& one, const std::string& layer) {
    AdapterOptions options = one.options;
    options.targets = {layer};
    options.conv_rank = layer == "conv" ? options.rank : 0;
    auto training = std::make_unique<AdapterTraining>(ctx, model.targets, options);
    for (Parameter& parameter : training->parameters()) {
      const Tensor& value = reference.at(one.name + "." + layer + ".value." + parameter.name);
      EXPECT_EQ(value.elements(), parameter.value.elements()) << parameter.name;
      std::ranges::copy(value.span<const float>(), parameter.value.data<float>());
    }
    training->publish(ctx);
    return training;
  }

  // One micro-batch; its output.
  Tensor pass(const Model& model, AdapterTraining& training, const std::string& layer, uint64_t number = 0) {
    Tape tape;
    training.begin_micro_batch(number);
    training.watch(tape);
    ctx.tape = &tape;
    const Tensor y = output(model, layer);
    ctx.tape = nullptr;
    Tensor slope = ctx.output(y.shape());
    std::ranges::copy(reference.at(layer + ".slope").span<const float>(), slope.data<float>());
    tape.backward(ctx, y, slope);
    training.end_micro_batch();
    return y;
  }

  void expect_near(const Tensor& got, const Tensor& wanted, const std::string& what, float factor = 1) {
    ASSERT_EQ(got.elements(), wanted.elements()) << what;
    float largest = 1e-3f;
    for (const float value : wanted.span<const float>()) largest = std::max(largest, std::abs(value));
    for (int64_t i = 0; i < got.elements(); ++i) {
      ASSERT_NEAR(got.data<float>()[i], factor * wanted.data<float>()[i], 1e-5f * factor * largest) << what << " " << i;
    }
  }

  void expect_gradients(AdapterTraining& training, const std::string& key, float factor) {
    for (const Parameter& parameter : training.parameters()) {
      expect_near(parameter.gradient, reference.at(key + ".gradient." + parameter.name), key + " " + parameter.name,
                  factor);
    }
  }

  Context ctx{cpu_device, 2};
  TensorMap reference = read_tensors(ctx, reference_file);
  TemporaryFolder folder;
};

TEST_F(AdapterMethods, ComputeWhatPeftComputes) {
  for (const AdapterCase& one : all_cases()) {
    for (const std::string layer : {"linear", "conv"}) {
      const Model model = load();
      const auto training = start(model, one, layer);
      const std::string key = one.name + "." + layer;
      expect_near(pass(model, *training, layer), reference.at(key + ".output"), key);
      pass(model, *training, layer, 1);
      training->finish_gradients(ctx);
      expect_gradients(*training, key, 2);  // two equal micro-batches
      clear_gradients(ctx, training->parameters());
      pass(model, *training, layer, 2);
      training->finish_gradients(ctx);
      expect_gradients(*training, key, 1);  // nothing is left of the step before
    }
  }
}

TEST_F(AdapterMethods, RowsMayBeComputedWithInParts) {
  for (const AdapterCase& one : all_cases()) {
    const Model model = load(2);
    const auto training = start(model, one, "linear");
    const std::string key = one.name + ".linear";
    expect_near(pass(model, *training, "linear"), reference.at(key + ".output"), key);
    training->finish_gradients(ctx);
    expect_gradients(*training, key, 1);
  }
}

TEST_F(AdapterMethods, ChangeNothingAtFirst) {
  for (const AdapterCase& one : all_cases()) {
    const Model model = load(), plain = load();
    AdapterOptions options = one.options;
    options.targets = {"linear", "conv"};
    options.conv_rank = 2;
    const AdapterTraining training(ctx, model.targets, options);
    for (const std::string layer : {"linear", "conv"}) {
      expect_near(output(model, layer), output(plain, layer), one.name + " " + layer);
    }
    EXPECT_EQ(training.layers().size(), 2u);
  }
}

// What is written and read again adds what training saw.
TEST_F(AdapterMethods, AreExportedAndReadAsTheyWere) {
  for (const AdapterCase& one : all_cases()) {
    for (const std::string layer : {"linear", "conv"}) {
      const Model model = load();
      const auto training = start(model, one, layer);
      TrainedAdapter adapter = trained_adapter(ctx, *training, "denoiser");
      export_peft(folder / "peft", adapter, {{}, "", {}});
      export_kohya(folder / "kohya.safetensors", adapter);
      for (const fs::path& path : {folder / "peft", folder / "kohya.safetensors"}) {
        verify_export(path, adapter, DType::f32);
        const Model fresh = load();
        const ModelPart part{"denoiser", fresh.targets};
        const AdapterUse use{.adapter = open_adapter(path)};
        for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
          apply_adapters(ctx, {&part, 1}, {&use, 1}, mode);
          expect_near(output(fresh, layer), reference.at(one.name + "." + layer + ".output"),
                      path.string() + " " + one.name + " " + layer);
        }
      }
    }
  }
}

// Values that are left out are the same in the same micro-batch, and none are outside of training.
TEST_F(AdapterMethods, DropoutIsOfTheMicroBatch) {
  for (AdapterCase one : all_cases()) {
    one.options.dropout = 0.4;
    for (const std::string layer : {"linear", "conv"}) {
      const Model model = load();
      const auto training = start(model, one, layer);
      const std::string key = one.name + "." + layer;
      expect_near(output(model, layer), reference.at(key + ".output"), key);
      const auto values = [&](uint64_t number) {
        const Tensor y = pass(model, *training, layer, number);
        return std::vector<float>(y.data<float>(), y.data<float>() + y.elements());
      };
      const std::vector<float> first = values(3);
      EXPECT_EQ(first, values(3)) << key;
      EXPECT_NE(first, values(4)) << key;
    }
  }
}

// The loss is linear in B: its difference is the gradient, with the values that this micro-batch left out.
TEST_F(AdapterMethods, GradientsAreThoseOfTheValuesThatStayed) {
  for (const std::string layer : {"linear", "conv"}) {
    AdapterCase one = all_cases().front();
    one.options.dropout = 0.5;
    const Model model = load();
    const auto training = start(model, one, layer);
    const auto loss = [&] {
      const Tensor y = pass(model, *training, layer, 7);
      const Tensor& slope = reference.at(layer + ".slope");
      return std::inner_product(y.data<float>(), y.data<float>() + y.elements(), slope.data<float>(), 0.0);
    };
    const double before = loss();
    training->finish_gradients(ctx);
    Parameter& b = training->parameters()[1];
    const std::vector<float> gradient(b.gradient.data<float>(), b.gradient.data<float>() + b.gradient.elements());
    for (const size_t i : {0u, 4u, 11u}) {
      float& value = b.value.data<float>()[i];
      const float was = value;
      value += 0.5f;
      training->publish(ctx);
      EXPECT_NEAR(loss() - before, 0.5 * static_cast<double>(gradient[i]), 1e-3) << layer << " " << i;
      value = was;
    }
  }
}

TEST_F(AdapterMethods, KernelsNeedARankOfTheirOwn) {
  const Model model = load();
  EXPECT_NE(error_of([&] { AdapterTraining(ctx, model.targets, {.targets = {"conv"}}); }).what(), std::string());
  const AdapterTraining linear_only(ctx, model.targets, {});
  EXPECT_EQ(linear_only.layers().size(), 1u);
  // All of them, unless targets name some.
  const AdapterTraining both(ctx, load().targets, {.targets = {"linear"}, .conv_rank = 2});
  EXPECT_EQ(both.layers().size(), 2u);
  const AdapterTraining conv_only(ctx, load().targets, {.targets = {"conv"}, .conv_rank = 2});
  EXPECT_EQ(conv_only.layers().size(), 1u);
}

TEST(KroneckerSplit, IsThatOfPeft) {
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_EQ(split_evenly(256, -1), Pair(16, 16));
  EXPECT_EQ(split_evenly(128, -1), Pair(8, 16));
  EXPECT_EQ(split_evenly(127, -1), Pair(1, 127));
  EXPECT_EQ(split_evenly(128, 4), Pair(4, 32));
  EXPECT_EQ(split_evenly(576, 7), Pair(6, 96));
  EXPECT_EQ(split_evenly(6, 3), Pair(3, 2));
}

}  // namespace
}  // namespace diptych::train
