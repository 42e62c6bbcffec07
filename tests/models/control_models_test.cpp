// Control models, image encoders and picture prompts of the reference cases: what must not change a row, the memory
// that meta predicts, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

fs::path control_case(const std::string& name) {
  return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name;
}

const ModelRegistry& control_registry() {
  static const ModelRegistry registry = [] {
    ModelRegistry made;
    models::register_all(made);
    return made;
  }();
  return registry;
}

Tensor sines(Context& ctx, const Shape& shape, float phase) {
  Tensor x = ctx.output(shape);
  for (int64_t i = 0; !x.is_meta() && i < x.elements(); ++i) {
    x.data<float>()[i] = std::sin(phase + 0.73f * static_cast<float>(i));
  }
  return x;
}

std::vector<float> floats_of(const Tensor& x) {
  return {x.data<float>(), x.data<float>() + x.elements()};
}

DenoiserInput question_of(Context& ctx, const ControlModelInfo& info, int64_t rows) {
  DenoiserInput input;
  input.sample = sines(ctx, {rows, 4, 6, 10}, 0.1f);
  input.timesteps.assign(static_cast<size_t>(rows), 431);
  input.text = sines(ctx, {rows, 5, std::max<int64_t>(1, info.text_width)}, 0.2f);
  if (info.size_conditioned) {
    input.pooled = sines(ctx, {rows, 20}, 0.3f);
    input.time_ids = sines(ctx, {rows, 6}, 0.4f);
  }
  return input;
}

// All residuals of a picture that all rows share, one behind the other; of `row` alone, or (below 0) of all.
std::vector<float> residual_values(const ControlResiduals& residuals, int64_t row) {
  std::vector<float> values;
  const auto take = [&](const Tensor& x) {
    if (!x) return;
    const bool shared = x.dim(0) == 1;
    const auto some = floats_of(row < 0 ? x : x.slice(0, shared ? 0 : row, shared ? 1 : row + 1));
    values.insert(values.end(), some.begin(), some.end());
  };
  for (const Tensor& skip : residuals.skips) take(skip);
  take(residuals.middle);
  for (const Tensor& level : residuals.levels) take(level);
  return values;
}

ControlResiduals run_control(Context& ctx, const std::string& name, int64_t rows) {
  const auto model = control_registry().load_control_model(ctx, open_model(control_case(name) / "model"));
  const ControlModelInfo& info = model->info();
  const Tensor picture = sines(ctx, {1, info.image_channels, 12, 20}, 0.5f);
  return model->forward(ctx, question_of(ctx, info, rows), model->prepare(ctx, picture));
}

class ControlCase : public ::testing::TestWithParam<const char*> {};

TEST_P(ControlCase, ARowDependsNeitherOnTheBatchNorOnThreads) {
  Context one(cpu_device, 1), two(cpu_device, 2);
  const ControlResiduals all = run_control(one, GetParam(), 3);
  EXPECT_EQ(residual_values(all, -1), residual_values(run_control(two, GetParam(), 3), -1));
  EXPECT_EQ(residual_values(all, 0), residual_values(run_control(two, GetParam(), 1), 0));
}

TEST_P(ControlCase, NeedsThePredictedMemory) {
  Context cpu(cpu_device, 1), meta(meta_device, 1);
  for (Context* ctx : {&cpu, &meta}) run_control(*ctx, GetParam(), 2);
  EXPECT_EQ(cpu.arena()->use().total_peak_bytes, meta.arena()->use().total_peak_bytes);
  EXPECT_EQ(cpu.cost().flops, meta.cost().flops);
}

INSTANTIATE_TEST_SUITE_P(Cases, ControlCase,
                         ::testing::Values("controlnet_sd15", "controlnet_sdxl_f16", "controlnet_pooled",
                                           "t2i_adapter_full", "t2i_adapter_xl_f16", "t2i_adapter_light_odd"));

TEST(ImageEncoder, NeedsThePredictedMemoryAndKeepsRowsApart) {
  int64_t peaks[2] = {0, 0};
  for (const Device device : {cpu_device, meta_device}) {
    Context ctx(device, 2);
    const auto model =
        control_registry().load_image_encoder(ctx, open_model(control_case("image_encoder_clip") / "model"));
    const Tensor pixels = sines(ctx, {2, 3, 16, 16}, 0.6f);
    const ImageEncoding encoding = model->forward(ctx, pixels, true);
    peaks[device == meta_device] = ctx.arena()->use().total_peak_bytes;
    if (ctx.is_meta()) continue;
    EXPECT_EQ(floats_of(encoding.projected.slice(0, 1, 2)),
              floats_of(model->forward(ctx, pixels.slice(0, 1, 2)).projected));
  }
  EXPECT_EQ(peaks[0], peaks[1]);
}

// A copy of a case's model with another configuration.
void write_configured(const std::string& name, const fs::path& to, const std::function<void(nlohmann::json&)>& change) {
  const fs::path from = control_case(name) / "model";
  fs::create_directories(to);
  for (const auto& file : fs::directory_iterator(from)) {
    fs::copy_file(file.path(), to / file.path().filename(), fs::copy_options::overwrite_existing);
  }
  std::ifstream in(from / "config.json");
  nlohmann::json config = nlohmann::json::parse(in);
  change(config);
  std::ofstream(to / "config.json") << config.dump();
}

void expect_refused(ErrorCategory category, const std::string& mentions, const std::function<void()>& action) {
  const Error error = error_of(action);
  EXPECT_EQ(error.category(), category) << error.what();
  EXPECT_NE(std::string(error.what()).find(mentions), std::string::npos) << error.what();
}

TEST(ControlModel, RefusesConfigurationsThatItDoesNotCompute) {
  const TemporaryFolder folder;
  struct Change {
    const char *name, *key;
    nlohmann::json value;
    ErrorCategory category;
  };
  const Change changes[] = {
      {"controlnet_sd15", "global_pool_conditions", "often", ErrorCategory::invalid_file},
      {"controlnet_sd15", "controlnet_conditioning_channel_order", "bgr", ErrorCategory::unsupported},
      {"controlnet_sd15", "class_embed_type", "timestep", ErrorCategory::unsupported},
      {"controlnet_sd15", "conditioning_channels", 0, ErrorCategory::invalid_file},
      {"controlnet_sd15", "conditioning_embedding_out_channels", std::vector<int>(17, 4), ErrorCategory::invalid_file},
      {"t2i_adapter_full", "adapter_type", "wide_adapter", ErrorCategory::unsupported},
      {"t2i_adapter_full", "downscale_factor", 65, ErrorCategory::invalid_file},
      {"t2i_adapter_xl_f16", "channels", {4, 6, 5, 7}, ErrorCategory::invalid_file},
      {"t2i_adapter_light_odd", "channels", {4, 3}, ErrorCategory::invalid_file}};
  for (const Change& change : changes) {
    write_configured(change.name, folder / "m", [&](nlohmann::json& config) { config[change.key] = change.value; });
    expect_refused(change.category, change.key, [&] {
      Context ctx(cpu_device, 1);
      control_registry().load_control_model(ctx, open_model(folder / "m"));
    });
  }
}

TEST(ControlModel, RefusesInputsThatDoNotFit) {
  Context ctx(cpu_device, 1);
  const auto model = control_registry().load_control_model(ctx, open_model(control_case("controlnet_sd15") / "model"));
  expect_refused(ErrorCategory::invalid_argument, "multiples of 2", [&] {
    model->prepare(ctx, sines(ctx, {1, 3, 13, 20}, 0));
  });
  expect_refused(ErrorCategory::invalid_argument, "picture", [&] {
    model->prepare(ctx, sines(ctx, {1, 1, 12, 20}, 0));
  });
  const auto prepared = model->prepare(ctx, sines(ctx, {1, 3, 16, 20}, 0));  // of another size than the latents
  expect_refused(ErrorCategory::invalid_argument, "residual",
                 [&] { model->forward(ctx, question_of(ctx, model->info(), 1), prepared); });
}

TEST(ImageEncoder, RefusesPicturesOfAnotherSize) {
  Context ctx(cpu_device, 1);
  const auto model =
      control_registry().load_image_encoder(ctx, open_model(control_case("image_encoder_clip") / "model"));
  expect_refused(ErrorCategory::invalid_argument, "16, 16", [&] {
    model->forward(ctx, sines(ctx, {1, 3, 16, 17}, 0));
  });
  expect_refused(ErrorCategory::unsupported, "text_embeds", [&] {
    evaluate(ctx, *model, {{"pixel_values", sines(ctx, {1, 3, 16, 16}, 0)}, {"text_embeds", sines(ctx, {1}, 0)}});
  });
}

TEST(ImagePromptModel, RefusesFilesOfOtherForms) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 1);
  TensorMap tensors = read_tensors(ctx, control_case("ip_adapter_sd15") / "ip-adapter.safetensors");
  const auto load_changed = [&] {
    write_tensors(folder / "a.safetensors", tensors);
    control_registry().load_image_prompt_model(ctx, folder / "a.safetensors");
  };
  TensorMap kept = tensors;
  tensors.erase("ip_adapter.3.to_v_ip.weight");
  expect_refused(ErrorCategory::invalid_file, "ip_adapter.3.to_v_ip", load_changed);
  tensors = kept;
  tensors.erase("image_proj.proj.weight");  // as FaceID, whose projection has other names
  expect_refused(ErrorCategory::unsupported, "FaceID", load_changed);
  tensors = kept;
  tensors["image_proj.proj.weight"] = sines(ctx, {97, 20}, 0);
  expect_refused(ErrorCategory::invalid_file, "97 rows", load_changed);
  std::ofstream(folder / "a.bin") << "pickled";
  expect_refused(ErrorCategory::unsupported, "converted",
                 [&] { control_registry().load_image_prompt_model(ctx, folder / "a.bin"); });
}

}  // namespace
}  // namespace diptych::testing
