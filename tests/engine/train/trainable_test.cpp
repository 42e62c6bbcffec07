// Adapters can be trained beside every network that there is: the reference cases' small models, whole. No op refuses,
// and the gradient is the slope of what the network says, along the gradient itself.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "engine/core/random.h"
#include "engine/core/tape.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/model/denoiser.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "engine/model/text_encoder.h"
#include "engine/train/adapters/adapter_training.h"
#include "models/registry.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

// Of all tests: cases are named by their folders.
std::vector<std::string> cases_of_kind(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases")) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kind + "_") && fs::exists(entry.path() / "model")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

class Trainable : public ::testing::TestWithParam<std::string> {
 protected:
  using Forward = std::function<Tensor(Context& ctx)>;

  Trainable() {
    models::register_all(registry_);
    load_.targets = std::make_shared<WeightTargets>();
  }

  fs::path file(const std::string& name) const {
    return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / GetParam() / name;
  }
  ModelSource model() const { return open_model(file("model")); }
  TensorMap inputs() { return read_tensors(ctx_, file("inputs.safetensors")); }

  // A weighted sum of what the network says, weights being drawn.
  double sum_of(const Tensor& y) const {
    const RandomStream stream(7, "slopes");
    double sum = 0;
    for (int64_t i = 0; i < y.elements(); ++i) {
      sum += (stream.uniform(static_cast<uint64_t>(i)) - 0.5) * static_cast<double>(y.data<float>()[i]);
    }
    return sum;
  }

  void take_back(Tape& tape, const Tensor& y) {
    const RandomStream stream(7, "slopes");
    Tensor slopes = ctx_.output(y.shape());
    for (int64_t i = 0; i < y.elements(); ++i) {
      slopes.data<float>()[i] = static_cast<float>(stream.uniform(static_cast<uint64_t>(i)) - 0.5);
    }
    tape.backward(ctx_, y, slopes);
  }

  void check(const Forward& forward) {
    AdapterTraining training(ctx_, load_.targets, {.rank = 2, .alpha = 2, .conv_rank = 2, .seed = 1});
    Parameters& parameters = training.parameters();
    clear_gradients(ctx_, parameters);
    Tape tape;
    training.watch(tape);
    ctx_.tape = &tape;
    const Tensor y = forward(ctx_);
    ctx_.tape = nullptr;
    take_back(tape, y);
    training.finish_gradients(ctx_);
    double square = 0;
    int64_t reached = 0;
    for (const Parameter& parameter : parameters) {
      double own = 0;
      for (const float value : parameter.gradient.span<const float>()) own += std::pow(static_cast<double>(value), 2);
      square += own;
      if (own > 0) ++reached;
    }
    ASSERT_TRUE(std::isfinite(square) && square > 0);
    // B is zero, so that no gradient reaches A: half of all, less what the result does not depend on.
    EXPECT_GE(reached, static_cast<int64_t>(parameters.size()) / 4);
    const auto along = [&](double step) {
      for (Parameter& parameter : parameters) {
        for (int64_t i = 0; i < parameter.value.elements(); ++i) {
          parameter.value.data<float>()[i] +=
              static_cast<float>(step / std::sqrt(square) * static_cast<double>(parameter.gradient.data<float>()[i]));
        }
      }
      training.publish(ctx_);
      return sum_of(forward(ctx_));
    };
    const double step = 0.005;
    const double above = along(step), below = along(-2 * step);
    EXPECT_NEAR((above - below) / (2 * step), std::sqrt(square), 0.01 * std::sqrt(square));
  }

  Context ctx_{cpu_device, 2};
  ModelRegistry registry_;
  LoadOptions load_;
};

class TrainableDenoiser : public Trainable {};
class TrainableLanguageModel : public Trainable {};
class TrainableTextEncoder : public Trainable {};

TEST_P(TrainableDenoiser, TakesGradientsToItsAdapters) {
  const auto denoiser = registry_.load_denoiser(ctx_, model(), load_);
  TensorMap in = inputs();
  in.erase("target");
  const nlohmann::json description = read_json_file(file("case.json"));
  const nlohmann::json arguments = description.value("arguments", nlohmann::json::object());
  check([&](Context& c) { return denoiser->evaluate(c, in, arguments).at("sample"); });
}

TEST_P(TrainableLanguageModel, TakesGradientsToItsAdapters) {
  const auto lm = registry_.load_causal_lm(ctx_, model(), load_);
  const Batch batch = prompt_rows(inputs(), lm->info().vocab).batch();
  check([&](Context& c) { return lm->hidden(c, batch); });
}

TEST_P(TrainableTextEncoder, TakesGradientsToItsAdapters) {
  const auto encoder = registry_.load_text_encoder(ctx_, model(), load_);
  const std::vector<int64_t> ids = integers_of(inputs().at("input_ids"), "input_ids");
  const int64_t rows = inputs().at("input_ids").dim(0);
  TextBatch texts{.rows = rows, .columns = static_cast<int64_t>(ids.size()) / rows, .ids = {}, .lengths = {}};
  texts.ids.assign(ids.begin(), ids.end());
  check([&](Context& c) { return encoder->forward(c, texts).last; });
}

INSTANTIATE_TEST_SUITE_P(Cases, TrainableDenoiser, ::testing::ValuesIn(cases_of_kind("denoiser")),
                         [](const auto& one) { return one.param; });
INSTANTIATE_TEST_SUITE_P(Cases, TrainableLanguageModel, ::testing::ValuesIn(cases_of_kind("causal_lm")),
                         [](const auto& one) { return one.param; });
INSTANTIATE_TEST_SUITE_P(Cases, TrainableTextEncoder, ::testing::ValuesIn(cases_of_kind("text_encoder")),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace diptych::train
