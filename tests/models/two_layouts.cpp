#include "tests/models/two_layouts.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <span>
#include <tuple>

#include "engine/io/formats/gguf_writer.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/registry.h"
#include "kernels/common/quant_blocks.h"
#include "models/registry.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

std::span<const std::byte> bytes_of(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace

void write_weights(const std::filesystem::path& path, const LayoutWeights& weights) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, w] : weights) tensors.push_back({name, DType::f32, w.dims, bytes_of(w.values)});
  write_safetensors(path, tensors);
}

void exchange_halves(std::vector<float>& values) {
  std::rotate(values.begin(), values.begin() + static_cast<int64_t>(values.size()) / 2, values.end());
}

void TwoLayouts::split(const std::vector<std::pair<std::string, int64_t>>& parts, const std::string& original,
                       int64_t cols) {
  for (const auto& [kind, width] : {std::pair{".weight", cols}, {".bias", int64_t{0}}}) {
    LayoutValues& fused = originals[original + kind];
    int64_t rows = 0;
    for (const auto& [name, count] : parts) {
      const LayoutValues& part = add(name + kind, width > 0 ? Shape{count, width} : Shape{count});
      fused.values.insert(fused.values.end(), part.values.begin(), part.values.end());
      rows += count;
    }
    fused.dims = width > 0 ? Shape{rows, width} : Shape{rows};
  }
}

void TwoLayouts::swapped(const std::string& name, const std::string& original, int64_t width) {
  layer(name, original, 2 * width, width);
  for (const char* kind : {".weight", ".bias"}) exchange_halves(originals[original + kind].values);
}

void TwoLayouts::write_folder(const std::filesystem::path& folder, const nlohmann::json& config) const {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config;
  write_weights(folder / "diffusion_pytorch_model.safetensors", weights);
}

void TwoLayouts::write_gguf(const std::filesystem::path& path, const char* architecture, DType matrices) const {
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

const LayoutValues& TwoLayouts::add(const std::string& name, const Shape& dims) {
  const float deviation = dims.rank() > 1 ? 1 / std::sqrt(static_cast<float>(dims.elements() / dims[0])) : 0.2f;
  return weights[name] = {dims, random_values(dims.elements(), static_cast<uint32_t>(weights.size() + 1), deviation)};
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

SmallModel small_sd3() {
  constexpr int64_t w = 64, text = 32, pooled = 32, side = 6;
  TwoLayouts model;
  model.layer("pos_embed.proj", "x_embedder.proj", w, 4 * 4);
  for (LayoutWeights* layout : {&model.weights, &model.originals}) {
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

std::vector<float> denoised(const std::filesystem::path& path, const std::filesystem::path& adapter, AdapterMode mode,
                            std::optional<DType> linear_type) {
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

}  // namespace diptych::testing
