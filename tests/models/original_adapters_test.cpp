// Adapters by the names of a transformer's authors, on diffusers' folders: layers that are fused, called otherwise, or
// have their rows in another order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/engine/io/io_testing.h"
#include "tests/engine/ops/op_testing.h"
#include "tests/models/two_layouts.h"

namespace diptych::testing {
namespace {

// How a program calls what an adapter has of a layer.
struct KeyForm {
  const char *prefix, *down, *up;
  bool underscored = false;
};
constexpr KeyForm diffusers_keys{"transformer.", ".lora_A.weight", ".lora_B.weight"};
constexpr KeyForm comfyui_keys{"diffusion_model.", ".lora_A.weight", ".lora_B.weight"};
constexpr KeyForm kohya_keys{"lora_unet_", ".lora_down.weight", ".lora_up.weight", true};
constexpr KeyForm xlabs_keys{"", ".down.weight", ".up.weight"};

// Adds these matrices, as products with the unit matrix, and the weights of norms.
LayoutWeights adapter_adding(const LayoutWeights& changes, const KeyForm& form) {
  const std::string ending = ".weight";
  LayoutWeights adapter;
  for (const auto& [name, change] : changes) {
    if (!name.ends_with(ending)) continue;
    const std::string layer = name.substr(0, name.size() - ending.size());
    const std::string stem = form.prefix + (form.underscored ? with_underscores(layer) : layer);
    if (change.dims.rank() == 1) {
      adapter[stem + ".diff"] = change;
      continue;
    }
    const auto cols = static_cast<size_t>(change.dims[1]);
    LayoutValues unit{{change.dims[1], change.dims[1]}, std::vector<float>(cols * cols)};
    for (size_t i = 0; i < cols; ++i) unit.values[i * cols + i] = 1;
    adapter[stem + form.down] = unit;
    adapter[stem + form.up] = change;
  }
  return adapter;
}

// On a folder an adapter by the original's names does what one by diffusers' names does.
void expect_the_same_change(const std::filesystem::path& model, const TwoLayouts& change, const KeyForm& form) {
  const TemporaryFolder folder;
  write_weights(folder / "diffusers.safetensors", adapter_adding(change.weights, diffusers_keys));
  write_weights(folder / "original.safetensors", adapter_adding(change.originals, form));
  const auto expected = denoised(model, folder / "diffusers.safetensors");
  EXPECT_NE(expected, denoised(model));
  EXPECT_EQ(denoised(model, folder / "original.safetensors"), expected) << form.prefix;
}

// One of each method, for a layer of the original.
std::vector<LayoutWeights> adapters_of(const std::string& layer, int64_t rows, int64_t cols) {
  const auto add = [&](LayoutWeights& adapter, const std::string& ending, const Shape& dims) {
    const auto seed = static_cast<uint32_t>(adapter.size() + 1);
    adapter["diffusion_model." + layer + ending] = {dims, random_values(dims.elements(), seed, 0.5f)};
  };
  LayoutWeights lora, loha, lokr, full;
  add(lora, ".lora_A.weight", {4, cols});
  add(lora, ".lora_B.weight", {rows, 4});
  add(lora, ".lora_B.bias", {rows});
  LayoutWeights dora = lora;
  add(dora, ".lora_magnitude_vector", {rows});
  for (const char* factor : {".hada_w1", ".hada_w2"}) {
    add(loha, std::string(factor) + "_a", {rows, 2});
    add(loha, std::string(factor) + "_b", {2, cols});
  }
  add(lokr, ".lokr_w1", {4, 4});
  add(lokr, ".lokr_w2_a", {rows / 4, 2});
  add(lokr, ".lokr_w2_b", {2, cols / 4});
  add(full, ".diff", {rows, cols});
  add(full, ".diff_b", {rows});
  return {dora, lora, loha, lokr, full};
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  return largest;
}

// Adapters of layers whose halves a folder has the other way round do to it what they do to the original.
void expect_the_same_adapted(const SmallModel& model, const std::vector<std::string>& layers) {
  const TemporaryFolder folder;
  const auto adapted = [&](const char* path, AdapterMode mode) {
    return denoised(folder / path, folder / "adapter.safetensors", mode);
  };
  model.layouts.write_folder(folder / "model", model.config);
  model.layouts.write_gguf(folder / "model.gguf", model.architecture, DType::f32);
  const auto base = denoised(folder / "model");
  for (const std::string& layer : layers) {
    const Shape dims = model.layouts.originals.at(layer + ".weight").dims;
    for (const LayoutWeights& adapter : adapters_of(layer, dims[0], dims[1])) {
      write_weights(folder / "adapter.safetensors", adapter);
      for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
        const auto expected = adapted("model.gguf", mode);
        EXPECT_GT(largest_difference(expected, base), 1e-2);
        EXPECT_LT(largest_difference(adapted("model", mode), expected), 1e-4) << adapter.begin()->first;
      }
    }
  }
}

TEST(OriginalAdapters, OfShiftAndScaleFitFolders) {
  expect_the_same_adapted(small_flux(), {"final_layer.adaLN_modulation.1"});
  expect_the_same_adapted(small_sd3(),
                          {"final_layer.adaLN_modulation.1", "joint_blocks.1.context_block.adaLN_modulation.1"});
}

// Their rows are exchanged and nothing else, over quantized weights, too.
TEST(OriginalAdapters, OfShiftAndScaleAreExchangedExactly) {
  constexpr int64_t w = 128;
  const std::string layer = "final_layer.adaLN_modulation.1", stem = "diffusion_model." + layer;
  const SmallModel model = small_flux();
  const TemporaryFolder folder;
  model.layouts.write_folder(folder / "model", model.config);
  const LayoutWeights original = adapters_of(layer, 2 * w, w).front();
  LayoutWeights exchanged;
  for (const auto& [name, part] : original) {
    LayoutValues& other = exchanged["transformer.norm_out.linear" + name.substr(stem.size())];
    other = part;
    if (part.dims[0] == 2 * w) exchange_halves(other.values);
  }
  write_weights(folder / "original.safetensors", original);
  write_weights(folder / "exchanged.safetensors", exchanged);
  for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
    for (const std::optional<DType> type : {std::optional<DType>(), std::optional<DType>(DType::q8_0)}) {
      EXPECT_EQ(denoised(folder / "model", folder / "original.safetensors", mode, type),
                denoised(folder / "model", folder / "exchanged.safetensors", mode, type));
    }
  }
}

TEST(OriginalAdapters, OfXLabsFitFlux) {
  constexpr int64_t w = 128;
  TwoLayouts change;
  const std::string block = "transformer_blocks.0.attn.", source = "double_blocks.0.processor.";
  change.split({{block + "to_q", w}, {block + "to_k", w}, {block + "to_v", w}}, source + "qkv_lora1", w);
  change.split({{block + "add_q_proj", w}, {block + "add_k_proj", w}, {block + "add_v_proj", w}}, source + "qkv_lora2",
               w);
  change.layer(block + "to_out.0", source + "proj_lora1", w, w);
  change.layer(block + "to_add_out", source + "proj_lora2", w, w);
  const std::string single = "single_transformer_blocks.0.", single_source = "single_blocks.0.processor.";
  change.split({{single + "attn.to_q", w}, {single + "attn.to_k", w}, {single + "attn.to_v", w}},
               single_source + "qkv_lora", w);
  change.layer(single + "proj_out", single_source + "proj_lora", w, 5 * w);
  const TemporaryFolder folder;
  const SmallModel model = small_flux();
  model.layouts.write_folder(folder / "model", model.config);
  expect_the_same_change(folder / "model", change, xlabs_keys);
}

TEST(OriginalAdapters, OfZImageFitItsFolder) {
  constexpr int64_t w = 32, head = 16, patch = 32;
  TwoLayouts change;
  for (const char* block : {"layers.0.", "layers.1.", "noise_refiner.0.", "context_refiner.0."}) {
    const std::string attention = std::string(block) + "attention.";
    change.split({{attention + "to_q", w}, {attention + "to_k", w}, {attention + "to_v", w}}, attention + "qkv", w);
    change.layer(attention + "to_out.0", attention + "out", w, w);
    change.weight(attention + "norm_q.weight", attention + "q_norm.weight", {head});
    change.weight(attention + "norm_k.weight", attention + "k_norm.weight", {head});
  }
  change.layer("all_x_embedder.2-1", "x_embedder", w, patch);
  change.layer("all_final_layer.2-1.linear", "final_layer.linear", patch, w);
  change.layer("all_final_layer.2-1.adaLN_modulation.1", "final_layer.adaLN_modulation.1", w, w);
  const std::filesystem::path cases = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
  for (const KeyForm& form : {kohya_keys, comfyui_keys}) {
    expect_the_same_change(cases / "denoiser_z_image/model", change, form);
  }
}

}  // namespace
}  // namespace diptych::testing
