// Transformers in their original layout, as GGUF files have them: the same weights give the same bits as diffusers'
// folder, and so do adapters by the names of either.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/io/formats/gguf_writer.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/adapters.h"
#include "engine/model/registry.h"
#include "kernels/common/quant_blocks.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

struct Values {
  Shape dims;
  std::vector<float> values;
};
using Weights = std::map<std::string, Values>;

std::span<const std::byte> bytes_of(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

void write_weights(const std::filesystem::path& path, const Weights& weights) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, w] : weights) tensors.push_back({name, DType::f32, w.dims, bytes_of(w.values)});
  write_safetensors(path, tensors);
}

void exchange_halves(std::vector<float>& values) {
  std::rotate(values.begin(), values.begin() + static_cast<int64_t>(values.size()) / 2, values.end());
}

// A network under diffusers' names, and the same under the original ones.
class TwoLayouts {
 public:
  void layer(const std::string& name, const std::string& original, int64_t rows, int64_t cols) {
    split({{name, rows}}, original, cols);
  }
  // One layer in the original, several with diffusers.
  void split(const std::vector<std::pair<std::string, int64_t>>& parts, const std::string& original, int64_t cols) {
    for (const auto& [kind, width] : {std::pair{".weight", cols}, {".bias", int64_t{0}}}) {
      Values& fused = originals[original + kind];
      int64_t rows = 0;
      for (const auto& [name, count] : parts) {
        const Values& part = add(name + kind, width > 0 ? Shape{count, width} : Shape{count});
        fused.values.insert(fused.values.end(), part.values.begin(), part.values.end());
        rows += count;
      }
      fused.dims = width > 0 ? Shape{rows, width} : Shape{rows};
    }
  }
  // Scale and shift with diffusers, shift and scale in the original.
  void swapped(const std::string& name, const std::string& original, int64_t width) {
    layer(name, original, 2 * width, width);
    for (const char* kind : {".weight", ".bias"}) exchange_halves(originals[original + kind].values);
  }
  void weight(const std::string& name, const std::string& original, const Shape& dims) {
    originals[original] = add(name, dims);
  }

  void write_folder(const std::filesystem::path& folder, const nlohmann::json& config) const {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json") << config;
    write_weights(folder / "diffusion_pytorch_model.safetensors", weights);
  }
  void write_gguf(const std::filesystem::path& path, const char* architecture, DType matrices) const {
    GgufWriter writer;
    writer.set("general.architecture", architecture);
    for (const auto& [name, w] : originals) {
      if (matrices != DType::f32 && w.dims.rank() == 2 && w.dims[1] % 32 == 0) {
        std::vector<std::byte> blocks(dtype_bytes(matrices, w.dims.elements()));
        quantize_row(matrices, w.values.data(), blocks.data(), w.dims.elements());
        writer.add_tensor(name, matrices, w.dims, blocks);
      } else {
        writer.add_tensor(name, DType::f32, w.dims, bytes_of(w.values));
      }
    }
    writer.write(path);
  }

  Weights weights, originals;

 private:
  const Values& add(const std::string& name, const Shape& dims) {
    const float deviation = dims.rank() > 1 ? 1 / std::sqrt(static_cast<float>(dims.elements() / dims[0])) : 0.2f;
    return weights[name] = {dims, random_values(dims.elements(), static_cast<uint32_t>(weights.size() + 1), deviation)};
  }
};

struct SmallModel {
  TwoLayouts layouts;
  const char* architecture;  // as GGUF files have it
  nlohmann::json config;
};

std::vector<float> denoised(const std::filesystem::path& path, const std::filesystem::path& adapter = {},
                            AdapterMode mode = AdapterMode::automatic, std::optional<DType> linear_type = {}) {
  Context ctx(cpu_device, 2);
  ModelRegistry registry;
  models::register_all(registry);
  const ModelPart part{"denoiser", std::make_shared<WeightTargets>()};
  LoadOptions options;
  options.targets = part.targets;
  options.linear_type = linear_type;
  const auto model = registry.load_denoiser(ctx, open_model(path), options);
  if (!adapter.empty()) {
    const AdapterUse use{open_adapter(adapter)};
    apply_adapters(ctx, {&part, 1}, {&use, 1}, mode);
  }
  const DenoiserInfo& info = model->info();
  DenoiserInput input;
  input.sample = tensor_of(ctx, {1, info.in_channels, 4, 6}, random_values(24 * info.in_channels, 1));
  input.text = tensor_of(ctx, {1, 5, info.text_width}, random_values(5 * info.text_width, 2));
  if (info.pooled_width > 0) input.pooled = tensor_of(ctx, {1, info.pooled_width}, random_values(info.pooled_width, 3));
  input.timesteps = {0.5f};
  if (info.distilled_guidance) input.guidance = {3.5f};
  return values_of(model->forward(ctx, input));
}

void expect_the_same(const SmallModel& model) {
  const TemporaryFolder folder;
  model.layouts.write_folder(folder / "model", model.config);
  model.layouts.write_gguf(folder / "model.gguf", model.architecture, DType::f32);
  const auto expected = denoised(folder / "model");
  EXPECT_EQ(denoised(folder / "model.gguf"), expected);
  model.layouts.write_gguf(folder / "small.gguf", model.architecture, DType::q8_0);
  const auto rounded = denoised(folder / "small.gguf");
  double error = 0, size = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(rounded[i]) - expected[i], 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  EXPECT_LT(std::sqrt(error / size), 0.05);
}

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
Weights adapter_adding(const Weights& changes, const KeyForm& form) {
  const std::string ending = ".weight";
  Weights adapter;
  for (const auto& [name, change] : changes) {
    if (!name.ends_with(ending)) continue;
    const std::string layer = name.substr(0, name.size() - ending.size());
    const std::string stem = form.prefix + (form.underscored ? with_underscores(layer) : layer);
    if (change.dims.rank() == 1) {
      adapter[stem + ".diff"] = change;
      continue;
    }
    const auto cols = static_cast<size_t>(change.dims[1]);
    Values unit{{change.dims[1], change.dims[1]}, std::vector<float>(cols * cols)};
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

SmallModel small_flux() {
  constexpr int64_t w = 128, text = 32, pooled = 32;
  TwoLayouts model;
  model.layer("x_embedder", "img_in", w, 16);
  model.layer("context_embedder", "txt_in", w, text);
  for (const auto& [name, original, in] : {std::tuple{"timestep_embedder", "time_in", int64_t{256}},
                                           {"text_embedder", "vector_in", pooled},
                                           {"guidance_embedder", "guidance_in", int64_t{256}}}) {
    model.layer(std::string("time_text_embed.") + name + ".linear_1", std::string(original) + ".in_layer", w, in);
    model.layer(std::string("time_text_embed.") + name + ".linear_2", std::string(original) + ".out_layer", w, w);
  }
  const std::string block = "transformer_blocks.0.", source = "double_blocks.0.";
  for (const auto& [context, stream, prefix] : {std::tuple{"", "img", "to_"}, {"_context", "txt", "add_"}}) {
    const std::string from = source + stream, end = *context == '\0' ? "" : "_proj";
    const std::string norm = *context == '\0' ? "norm_" : "norm_added_";
    model.layer(block + "norm1" + context + ".linear", from + "_mod.lin", 6 * w, w);
    model.split({{block + "attn." + prefix + "q" + end, w},
                 {block + "attn." + prefix + "k" + end, w},
                 {block + "attn." + prefix + "v" + end, w}},
                from + "_attn.qkv", w);
    model.weight(block + "attn." + norm + "q.weight", from + "_attn.norm.query_norm.scale", {128});
    model.weight(block + "attn." + norm + "k.weight", from + "_attn.norm.key_norm.scale", {128});
    model.layer(block + (end.empty() ? "attn.to_out.0" : "attn.to_add_out"), from + "_attn.proj", w, w);
    model.layer(block + "ff" + context + ".net.0.proj", from + "_mlp.0", 4 * w, w);
    model.layer(block + "ff" + context + ".net.2", from + "_mlp.2", w, 4 * w);
  }
  const std::string single = "single_transformer_blocks.0.";
  model.layer(single + "norm.linear", "single_blocks.0.modulation.lin", 3 * w, w);
  model.split(
      {{single + "attn.to_q", w}, {single + "attn.to_k", w}, {single + "attn.to_v", w}, {single + "proj_mlp", 4 * w}},
      "single_blocks.0.linear1", w);
  model.weight(single + "attn.norm_q.weight", "single_blocks.0.norm.query_norm.scale", {128});
  model.weight(single + "attn.norm_k.weight", "single_blocks.0.norm.key_norm.scale", {128});
  model.layer(single + "proj_out", "single_blocks.0.linear2", w, 5 * w);
  model.swapped("norm_out.linear", "final_layer.adaLN_modulation.1", w);
  model.layer("proj_out", "final_layer.linear", 16, w);
  const nlohmann::json config = {{"_class_name", "FluxTransformer2DModel"},
                                 {"num_layers", 1},
                                 {"num_single_layers", 1},
                                 {"num_attention_heads", 1},
                                 {"attention_head_dim", 128},
                                 {"in_channels", 16},
                                 {"joint_attention_dim", text},
                                 {"pooled_projection_dim", pooled},
                                 {"guidance_embeds", true}};
  return {model, "flux", config};
}

TEST(OriginalNames, FluxGivesTheSameBits) {
  expect_the_same(small_flux());
}

SmallModel small_sd3() {
  constexpr int64_t w = 64, text = 32, pooled = 32, side = 6;
  TwoLayouts model;
  model.layer("pos_embed.proj", "x_embedder.proj", w, 4 * 4);
  for (Weights* layout : {&model.weights, &model.originals}) {
    for (auto& [name, values] : *layout) {
      if (values.dims.rank() == 2) values.dims = {w, 4, 2, 2};  // the only matrix so far
    }
  }
  model.weight("pos_embed.pos_embed", "pos_embed", {1, side * side, w});
  model.layer("context_embedder", "context_embedder", w, text);
  for (const auto& [name, original, in] :
       {std::tuple{"timestep_embedder", "t_embedder", int64_t{256}}, {"text_embedder", "y_embedder", pooled}}) {
    model.layer(std::string("time_text_embed.") + name + ".linear_1", std::string(original) + ".mlp.0", w, in);
    model.layer(std::string("time_text_embed.") + name + ".linear_2", std::string(original) + ".mlp.2", w, w);
  }
  for (const bool last : {false, true}) {
    const std::string block = std::string("transformer_blocks.") + (last ? "1." : "0.");
    const std::string source = std::string("joint_blocks.") + (last ? "1." : "0.");
    const std::string image = source + "x_block.", context = source + "context_block.";
    const auto attention = [&](const std::string& name, const std::string& from) {
      model.split({{name + ".to_q", w}, {name + ".to_k", w}, {name + ".to_v", w}}, from + ".qkv", w);
      model.weight(name + ".norm_q.weight", from + ".ln_q.weight", {64});
      model.weight(name + ".norm_k.weight", from + ".ln_k.weight", {64});
      model.layer(name + ".to_out.0", from + ".proj", w, w);
    };
    model.layer(block + "norm1.linear", image + "adaLN_modulation.1", (last ? 6 : 9) * w, w);
    attention(block + "attn", image + "attn");
    if (!last) attention(block + "attn2", image + "attn2");
    model.split({{block + "attn.add_q_proj", w}, {block + "attn.add_k_proj", w}, {block + "attn.add_v_proj", w}},
                context + "attn.qkv", w);
    model.weight(block + "attn.norm_added_q.weight", context + "attn.ln_q.weight", {64});
    model.weight(block + "attn.norm_added_k.weight", context + "attn.ln_k.weight", {64});
    model.layer(block + "ff.net.0.proj", image + "mlp.fc1", 4 * w, w);
    model.layer(block + "ff.net.2", image + "mlp.fc2", w, 4 * w);
    if (last) {
      model.swapped(block + "norm1_context.linear", context + "adaLN_modulation.1", w);
      continue;
    }
    model.layer(block + "norm1_context.linear", context + "adaLN_modulation.1", 6 * w, w);
    model.layer(block + "attn.to_add_out", context + "attn.proj", w, w);
    model.layer(block + "ff_context.net.0.proj", context + "mlp.fc1", 4 * w, w);
    model.layer(block + "ff_context.net.2", context + "mlp.fc2", w, 4 * w);
  }
  model.swapped("norm_out.linear", "final_layer.adaLN_modulation.1", w);
  model.layer("proj_out", "final_layer.linear", 2 * 2 * 4, w);
  const nlohmann::json config = {{"_class_name", "SD3Transformer2DModel"},
                                 {"num_layers", 2},
                                 {"num_attention_heads", 1},
                                 {"attention_head_dim", 64},
                                 {"in_channels", 4},
                                 {"out_channels", 4},
                                 {"patch_size", 2},
                                 {"pos_embed_max_size", side},
                                 {"joint_attention_dim", text},
                                 {"pooled_projection_dim", pooled},
                                 {"caption_projection_dim", w},
                                 {"qk_norm", "rms_norm"},
                                 {"dual_attention_layers", {0}}};
  return {model, "sd3", config};
}

TEST(OriginalNames, Sd3GivesTheSameBits) {
  expect_the_same(small_sd3());
}

// One of each method, for a layer of the original.
std::vector<Weights> adapters_of(const std::string& layer, int64_t rows, int64_t cols) {
  const auto add = [&](Weights& adapter, const std::string& ending, const Shape& dims) {
    const auto seed = static_cast<uint32_t>(adapter.size() + 1);
    adapter["diffusion_model." + layer + ending] = {dims, random_values(dims.elements(), seed, 0.5f)};
  };
  Weights lora, loha, lokr, full;
  add(lora, ".lora_A.weight", {4, cols});
  add(lora, ".lora_B.weight", {rows, 4});
  add(lora, ".lora_B.bias", {rows});
  Weights dora = lora;
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
    for (const Weights& adapter : adapters_of(layer, dims[0], dims[1])) {
      write_weights(folder / "adapter.safetensors", adapter);
      for (const AdapterMode mode : {AdapterMode::merged, AdapterMode::on_the_fly}) {
        const auto expected = adapted("model.gguf", mode);
        EXPECT_GT(largest_difference(expected, base), 1e-2);
        EXPECT_LT(largest_difference(adapted("model", mode), expected), 1e-4) << adapter.begin()->first;
      }
    }
  }
}

TEST(OriginalNames, AdaptersOfShiftAndScaleFitFolders) {
  expect_the_same_adapted(small_flux(), {"final_layer.adaLN_modulation.1"});
  expect_the_same_adapted(small_sd3(),
                          {"final_layer.adaLN_modulation.1", "joint_blocks.1.context_block.adaLN_modulation.1"});
}

// Their rows are exchanged and nothing else, over quantized weights, too.
TEST(OriginalNames, AdaptersOfShiftAndScaleAreExchangedExactly) {
  constexpr int64_t w = 128;
  const std::string layer = "final_layer.adaLN_modulation.1", stem = "diffusion_model." + layer;
  const SmallModel model = small_flux();
  const TemporaryFolder folder;
  model.layouts.write_folder(folder / "model", model.config);
  const Weights original = adapters_of(layer, 2 * w, w).front();
  Weights exchanged;
  for (const auto& [name, part] : original) {
    Values& other = exchanged["transformer.norm_out.linear" + name.substr(stem.size())];
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

TEST(OriginalNames, AdaptersOfXLabsFitFlux) {
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

TEST(OriginalNames, AdaptersOfZImageFitItsFolder) {
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
