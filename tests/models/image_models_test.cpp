// Denoisers and autoencoders of the reference cases: what must not change a row, the memory that meta predicts, and
// what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/core/error.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

fs::path case_model(const std::string& name) {
  return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model";
}

const ModelRegistry& known_models() {
  static const ModelRegistry registry = [] {
    ModelRegistry made;
    models::register_all(made);
    return made;
  }();
  return registry;
}

// Values that depend on the place alone; none on meta.
Tensor waves(Context& ctx, const Shape& shape, float seed) {
  Tensor x = ctx.output(shape);
  if (x.is_meta()) return x;
  float phase = seed;
  for (float& value : x.span<float>()) value = std::sin(phase += 0.73f + seed);
  return x;
}

std::vector<float> values_in(const Tensor& x) {
  return {x.data<float>(), x.data<float>() + x.elements()};
}

DenoiserInput input_for(Context& ctx, const DenoiserInfo& info, int64_t rows, int64_t height, int64_t width) {
  DenoiserInput input;
  input.sample = waves(ctx, {rows, info.in_channels, height, width}, 0.1f);
  for (int64_t row = 0; row < rows; ++row) input.timesteps.push_back(static_cast<float>(900 - 333 * row));
  input.text = waves(ctx, {rows, 6, info.text_width}, 0.2f);
  for (int64_t row = 0; row < rows; ++row) input.text_lengths.push_back(6 - 2 * row);
  if (info.pooled_width > 0) input.pooled = waves(ctx, {rows, info.pooled_width}, 0.3f);
  if (info.size_conditioned) input.time_ids = waves(ctx, {rows, 6}, 0.4f);
  return input;
}

DenoiserInput row_of(const DenoiserInput& all, int64_t row) {
  const auto part = [&](const Tensor& x) { return x ? x.slice(0, row, row + 1) : x; };
  const auto i = static_cast<size_t>(row);
  DenoiserInput one;
  one.sample = part(all.sample);
  one.timesteps = {all.timesteps[i]};
  one.text = part(all.text);
  one.text_lengths = {all.text_lengths[i]};
  one.pooled = part(all.pooled);
  one.time_ids = part(all.time_ids);
  return one;
}

class UnetCase : public ::testing::TestWithParam<const char*> {};

TEST_P(UnetCase, ARowDependsNeitherOnTheBatchNorOnThreads) {
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const auto model = known_models().load_denoiser(ctx, open_model(case_model(GetParam())));
    const DenoiserInput input = input_for(ctx, model->info(), 3, 9, 14);
    const std::vector<float> together = values_in(model->forward(ctx, input));
    if (first.empty()) first = together;
    EXPECT_EQ(together, first) << threads << " threads";
    std::vector<float> apart;
    for (int64_t row = 0; row < 3; ++row) {
      const std::vector<float> one = values_in(model->forward(ctx, row_of(input, row)));
      apart.insert(apart.end(), one.begin(), one.end());
    }
    EXPECT_EQ(apart, first) << threads << " threads";
  }
}

TEST_P(UnetCase, NeedsThePredictedMemory) {
  std::vector<MemoryUse> use;
  std::vector<Cost> cost;
  for (const Device device : {cpu_device, meta_device}) {
    Context ctx(device, 2);
    const auto model = known_models().load_denoiser(ctx, open_model(case_model(GetParam())));
    const DenoiserInput input = input_for(ctx, model->info(), 2, 24, 20);
    EXPECT_EQ(model->forward(ctx, input).shape(), (Shape{2, model->info().out_channels, 24, 20}));
    use.push_back(ctx.arena()->use());
    cost.push_back(ctx.cost());
  }
  EXPECT_EQ(use[0].peak_bytes, use[1].peak_bytes);
  EXPECT_EQ(use[0].total_peak_bytes, use[1].total_peak_bytes);
  EXPECT_EQ(cost[0].flops, cost[1].flops);
  EXPECT_EQ(cost[0].bytes(), cost[1].bytes());
}

INSTANTIATE_TEST_SUITE_P(Cases, UnetCase,
                         ::testing::Values("denoiser_unet_sd15", "denoiser_unet_sdxl", "denoiser_unet_odd_f16"),
                         [](const auto& info) { return std::string(info.param); });

class AutoencoderCase : public ::testing::TestWithParam<const char*> {};

TEST_P(AutoencoderCase, ARowDependsNeitherOnTheBatchNorOnThreads) {
  std::vector<float> first, first_decoded;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const auto model = known_models().load_autoencoder(ctx, open_model(case_model(GetParam())));
    const ImageAutoencoderInfo& info = model->info();
    const Tensor images = waves(ctx, {3, info.image_channels, 3 * info.scale, 5 * info.scale}, 0.1f),
                 latents = waves(ctx, {3, info.latent_channels, 3, 5}, 0.2f);
    const std::vector<float> mean = values_in(model->encode(ctx, images).mean),
                             decoded = values_in(model->decode(ctx, latents));
    if (first.empty()) first = mean;
    if (first_decoded.empty()) first_decoded = decoded;
    EXPECT_EQ(mean, first);
    EXPECT_EQ(decoded, first_decoded);
    const std::vector<float> one = values_in(model->encode(ctx, images.slice(0, 1, 2)).mean),
                             one_decoded = values_in(model->decode(ctx, latents.slice(0, 2, 3)));
    EXPECT_TRUE(std::equal(one.begin(), one.end(), first.begin() + static_cast<int64_t>(one.size())));
    EXPECT_TRUE(std::equal(one_decoded.begin(), one_decoded.end(),
                           first_decoded.begin() + 2 * static_cast<int64_t>(one_decoded.size())));
  }
}

TEST_P(AutoencoderCase, NeedsThePredictedMemory) {
  std::vector<MemoryUse> use;
  for (const Device device : {cpu_device, meta_device}) {
    Context ctx(device, 2);
    const auto model = known_models().load_autoencoder(ctx, open_model(case_model(GetParam())));
    const ImageAutoencoderInfo& info = model->info();
    model->encode(ctx, waves(ctx, {2, info.image_channels, 6 * info.scale, 8 * info.scale}, 0.1f));
    model->decode(ctx, waves(ctx, {2, info.latent_channels, 6, 8}, 0.2f));
    use.push_back(ctx.arena()->use());
  }
  EXPECT_EQ(use[0].peak_bytes, use[1].peak_bytes);
  EXPECT_EQ(use[0].total_peak_bytes, use[1].total_peak_bytes);
}

INSTANTIATE_TEST_SUITE_P(Cases, AutoencoderCase, ::testing::Values("vae_kl_4ch", "vae_kl_odd_f16", "vae_tiny"),
                         [](const auto& info) { return std::string(info.param); });

// A case's model with another configuration and other names of weights.
void write_changed(const fs::path& from, const fs::path& to, const std::function<void(nlohmann::json&)>& change,
                   const std::function<std::string(const std::string&)>& rename) {
  fs::create_directories(to);
  std::ifstream in(from / "config.json");
  nlohmann::json config = nlohmann::json::parse(in);
  change(config);
  std::ofstream(to / "config.json") << config.dump();
  Context ctx(cpu_device, 1);
  TensorMap tensors;
  for (const auto& [name, tensor] : read_tensors(ctx, from / "diffusion_pytorch_model.safetensors")) {
    tensors[rename(name)] = tensor;
  }
  write_tensors(to / "diffusion_pytorch_model.safetensors", tensors);
}

std::string replaced(std::string name, const std::string& part, const std::string& by) {
  if (const size_t at = name.find(part); at != std::string::npos) name.replace(at, part.size(), by);
  return name;
}

TEST(Autoencoder, ReadsTheFormerNamesOfItsAttention) {
  const TemporaryFolder folder;
  write_changed(
      case_model("vae_kl_4ch"), folder / "old", [](nlohmann::json&) {},
      [](std::string name) {
        for (const auto& [now, before] : {std::pair{".to_q.", ".query."},
                                          {".to_k.", ".key."},
                                          {".to_v.", ".value."},
                                          {".to_out.0.", ".proj_attn."}}) {
          name = replaced(name, now, before);
        }
        return name;
      });
  Context ctx(cpu_device, 2);
  std::vector<std::vector<float>> decoded;
  for (const fs::path& path : {case_model("vae_kl_4ch"), folder / "old"}) {
    const auto model = known_models().load_autoencoder(ctx, open_model(path));
    decoded.push_back(values_in(model->decode(ctx, waves(ctx, {1, 4, 4, 4}, 0.2f))));
  }
  EXPECT_EQ(decoded[0], decoded[1]);
}

template <typename Action>
void expect_error(ErrorCategory category, const std::string& mentions, const Action& action) {
  try {
    action();
    ADD_FAILURE() << "no error that mentions " << mentions;
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), category) << error.what();
    EXPECT_NE(std::string(error.what()).find(mentions), std::string::npos) << error.what();
  }
}

using ConfigurationChange = std::pair<const char*, nlohmann::json>;

// Of a UNet that is whole but for one value of its configuration.
void expect_configurations_refused(ErrorCategory category, std::span<const ConfigurationChange> changes) {
  for (const auto& change : changes) {
    const auto& key = change.first;
    const auto& value = change.second;
    const TemporaryFolder folder;
    write_changed(
        case_model("denoiser_unet_sd15"), folder / "m", [&](nlohmann::json& config) { config[key] = value; },
        [](const std::string& name) { return name; });
    expect_error(category, key, [&] {
      Context ctx(cpu_device, 1);
      known_models().load_denoiser(ctx, open_model(folder / "m"));
    });
  }
}

TEST(Unet, RefusesWhatItDoesNotCompute) {
  const ConfigurationChange changes[] = {{"only_cross_attention", true},
                                         {"class_embed_type", "timestep"},
                                         {"time_cond_proj_dim", 256},
                                         {"dual_cross_attention", true},
                                         {"resnet_time_scale_shift", "scale_shift"},
                                         {"addition_embed_type", "text"},
                                         {"down_block_types", {"AttnDownBlock2D", "DownBlock2D"}}};
  expect_configurations_refused(ErrorCategory::unsupported, changes);
}

TEST(Unet, RefusesDamagedConfigurations) {
  const ConfigurationChange changes[] = {
      {"norm_num_groups", 3},    {"attention_head_dim", 3},         {"block_out_channels", {8, -16}},
      {"layers_per_block", {1}}, {"up_block_types", {"UpBlock2D"}}, {"in_channels", "four"}};
  expect_configurations_refused(ErrorCategory::invalid_file, changes);
}

TEST(Unet, RefusesInputsThatDoNotFit) {
  Context ctx(cpu_device, 2);
  const auto model = known_models().load_denoiser(ctx, open_model(case_model("denoiser_unet_sdxl")));
  const DenoiserInput right = input_for(ctx, model->info(), 2, 8, 8);
  const auto refused = [&](const char* mentions, const std::function<void(DenoiserInput&)>& change) {
    DenoiserInput wrong = right;
    change(wrong);
    expect_error(ErrorCategory::invalid_argument, mentions, [&] { model->forward(ctx, wrong); });
  };
  refused("sample", [&](DenoiserInput& input) { input.sample = waves(ctx, {2, 5, 8, 8}, 0); });
  refused("timesteps", [&](DenoiserInput& input) { input.timesteps = {1}; });
  refused("text", [&](DenoiserInput& input) { input.text = waves(ctx, {2, 6, 23}, 0); });
  refused("text_lengths", [&](DenoiserInput& input) { input.text_lengths = {6, 7}; });
  refused("pooled", [&](DenoiserInput& input) { input.pooled = {}; });
  refused("pooled", [&](DenoiserInput& input) { input.time_ids = waves(ctx, {2, 5}, 0); });  // leaves more for the text
  refused("time_ids", [&](DenoiserInput& input) { input.time_ids = waves(ctx, {2, 9}, 0); });
  refused("time_ids", [&](DenoiserInput& input) { input.time_ids = {}; });

  TensorMap named{{"sample", right.sample}, {"encoder_hidden_states", right.text}};
  expect_error(ErrorCategory::invalid_argument, "timestep",
               [&] { model->evaluate(ctx, named, nlohmann::json::object()); });
  named["timestep"] = waves(ctx, {1}, 0);
  named["added_cond_kwargs.text_embeds"] = right.pooled;
  named["added_cond_kwargs.time_ids"] = right.time_ids;
  EXPECT_EQ(model->evaluate(ctx, named, nlohmann::json::object()).at("sample").shape(), right.sample.shape());
  expect_error(ErrorCategory::unsupported, "guess_mode", [&] {
    model->evaluate(ctx, named, nlohmann::json{{"guess_mode", true}});
  });
  named["encoder_attention_mask"] = waves(ctx, {2, 6}, 0);
  expect_error(ErrorCategory::unsupported, "encoder_attention_mask",
               [&] { model->evaluate(ctx, named, nlohmann::json::object()); });
}

TEST(Autoencoder, RefusesImagesThatDoNotFit) {
  Context ctx(cpu_device, 2);
  const auto model = known_models().load_autoencoder(ctx, open_model(case_model("vae_kl_4ch")));
  expect_error(ErrorCategory::invalid_argument, "multiples of 2", [&] {
    model->encode(ctx, waves(ctx, {1, 3, 8, 7}, 0));
  });
  expect_error(ErrorCategory::invalid_argument, "latent", [&] { model->decode(ctx, waves(ctx, {1, 3, 8, 8}, 0)); });
}

}  // namespace
}  // namespace diptych::testing
