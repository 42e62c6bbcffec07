#include "models/checkpoint/checkpoint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/scaled_weights.h"
#include "kernels/common/quant_blocks.h"
#include "models/clip/clip_original.h"
#include "models/common/original_source.h"
#include "models/controlnet/controlnet_original.h"
#include "models/flux/flux_original.h"
#include "models/qwen_image/qwen_image_original.h"
#include "models/sd3/sd3_original.h"
#include "models/t5/t5_original.h"
#include "models/unet/unet_original.h"
#include "models/vae/qwen_vae_original.h"
#include "models/vae/vae_original.h"
#include "models/z_image/z_image_original.h"

namespace diptych::models {
namespace {

using WeightsOf = std::shared_ptr<const WeightFile>;

constexpr const char* denoiser_prefix = "model.diffusion_model.";
constexpr std::array<const char*, 3> autoencoder_prefixes{"first_stage_model.", "vae.", ""};

// Where text encoders stand, in the order of the pipelines. OpenCLIP's weights may be under transformers' names.
struct TextPlace {
  const char* prefix;
  bool open;  // trained as OpenCLIP
};
constexpr std::array text_places{
    TextPlace{"cond_stage_model.transformer.", false},         // SD 1.x
    TextPlace{"cond_stage_model.1.transformer.", true},        // SDXL as stable-diffusion.cpp writes it
    TextPlace{"cond_stage_model.model.", true},                // SD 2.x
    TextPlace{"conditioner.embedders.0.transformer.", false},  // SDXL
    TextPlace{"conditioner.embedders.0.model.", true},         // SDXL's refiner
    TextPlace{"conditioner.embedders.1.model.", true},         // SDXL
    TextPlace{"text_encoders.clip_l.transformer.", false},     // SD3, FLUX
    TextPlace{"text_encoders.clip_g.transformer.", true},      // SD3
    TextPlace{"text_encoders.t5xxl.transformer.", false},      // SD3, FLUX
    TextPlace{"", false},
};
constexpr int64_t layers_of_clip_l = 12;

bool has_no_prefix(const char* prefix) {
  return *prefix == '\0';
}

// A file of its own says by its size which of the two CLIPs it is.
bool trained_as_open_clip(const WeightFile& file, const TextPlace& place) {
  if (!has_no_prefix(place.prefix)) return place.open;
  if (clip_names_in(file, place.prefix) == ClipNames::open_clip) return true;
  const int64_t layers = std::max(count_layers(file, "text_model.encoder.layers.", ".self_attn.q_proj.weight"),
                                  count_layers(file, "encoder.layers.", ".self_attn.q_proj.weight"));
  return layers > layers_of_clip_l;
}

std::optional<ModelSource> text_encoder_at(const WeightsOf& file, const TextPlace& place, bool second_generation) {
  if (holds_t5_original(*file, place.prefix)) return t5_original(file, place.prefix);
  if (clip_names_in(*file, place.prefix) == ClipNames::none) return std::nullopt;
  return clip_original(
      file, place.prefix,
      {.open = trained_as_open_clip(*file, place), .layers_left_out = second_generation ? int64_t{1} : int64_t{0}});
}

// Whether a 2.x UNet predicts v is in no shape; training for it widens this bias (ComfyUI's observation, which its
// loader uses as well). Inpainting models of 2.x predict noise.
bool biased_as_v_prediction(const WeightFile& file, const std::string& prefix) {
  const auto view = file.find(prefix + "output_blocks.11.1.transformer_blocks.0.norm1.bias");
  if (!view || is_quantized(view->type)) return false;
  std::vector<float> values(static_cast<size_t>(view->dims.elements()));
  dequantize_row(view->type, view->data, values.data(), static_cast<int64_t>(values.size()));
  double sum = 0, squares = 0;
  for (const float value : values) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const double mean = sum / static_cast<double>(values.size());
  return std::sqrt(squares / static_cast<double>(values.size()) - mean * mean) > 0.09;
}

// Keys and metadata that trainers leave: "v_pred" and "ztsnr" as weights, modelspec's prediction type.
void read_marks(const WeightFile& file, Checkpoint& checkpoint) {
  if (file.contains("v_pred")) checkpoint.prediction = "v_prediction";
  checkpoint.zero_terminal_snr = file.contains("ztsnr");
  const auto* tensors = dynamic_cast<const SafetensorsFile*>(&file);
  if (tensors == nullptr) return;
  const auto said = tensors->metadata().find("modelspec.prediction_type");
  if (said == tensors->metadata().end()) return;
  if (said->second == "v" || said->second == "v_prediction") checkpoint.prediction = "v_prediction";
  if (said->second == "epsilon") checkpoint.prediction = "epsilon";
}

void read_unet(const WeightsOf& file, const std::string& prefix, Checkpoint& checkpoint) {
  ModelSource source = unet_original(file, prefix);
  nlohmann::json config = *source.hf->config;
  const bool sized = config.contains("addition_embed_type");
  const bool second = !sized && config["cross_attention_dim"] != 768 &&
                      clip_names_in(*file, "cond_stage_model.transformer.") == ClipNames::none &&
                      file->entry(prefix + "middle_block.1.proj_in.weight")->dims.rank() == 2;
  if (second && checkpoint.prediction.empty() && config["in_channels"] == 4 && biased_as_v_prediction(*file, prefix)) {
    checkpoint.prediction = "v_prediction";
  }
  config["sample_size"] = sized ? 128 : second && checkpoint.prediction == "v_prediction" ? 96 : 64;
  source.hf->config = std::make_shared<nlohmann::json>(config);
  checkpoint.denoiser = std::move(source);
  checkpoint.pipeline = sized ? "StableDiffusionXLPipeline" : "StableDiffusionPipeline";
}

// Networks whose loaders read their own original names.
void read_transformer(const WeightsOf& file, const char* denoiser, const char* pipeline, Checkpoint& checkpoint) {
  checkpoint.denoiser = original_source(file, {{"_class_name", denoiser}});
  checkpoint.pipeline = pipeline;
}

void read_denoiser(const WeightsOf& file, Checkpoint& checkpoint) {
  if (holds_flux_original(*file)) {
    read_transformer(file, "FluxTransformer2DModel", "FluxPipeline", checkpoint);
  } else if (holds_sd3_original(*file)) {
    read_transformer(file, "SD3Transformer2DModel", "StableDiffusion3Pipeline", checkpoint);
  } else {
    for (const char* prefix : {denoiser_prefix, ""}) {
      if (holds_z_image_original(*file, prefix)) {
        checkpoint.denoiser = z_image_original(file, prefix);
        checkpoint.pipeline = "ZImagePipeline";
        return;
      }
      if (holds_qwen_image(*file, prefix)) {
        checkpoint.denoiser = qwen_image_original(file, prefix);
        checkpoint.pipeline = "QwenImagePipeline";
        return;
      }
      if (holds_unet_original(*file, prefix)) return read_unet(file, prefix, checkpoint);
    }
  }
}

bool multiply_to(const std::vector<int64_t>& extents, int64_t values) {
  for (const int64_t extent : extents) {
    if (extent < 1 || values % extent != 0) return false;
    values /= extent;
  }
  return values == 1;
}

// Converters to GGUF cut matrices and kernels into rows of whole blocks, and keep the extents that they had
// (github.com/city96/ComfyUI-GGUF, convert.py: comfy.gguf.orig_shape).
WeightsOf with_former_shapes(WeightsOf file) {
  const auto* gguf = dynamic_cast<const GgufFile*>(file.get());
  if (gguf == nullptr) return file;
  std::vector<RenamedWeight> names;
  bool changed = false;
  for (const WeightEntry& entry : file->entries()) {
    RenamedWeight& same = names.emplace_back(RenamedWeight{.name = entry.name, .source = entry.name});
    const auto extents = gguf->metadata().get_i64s("comfy.gguf.orig_shape." + entry.name);
    if (!extents || extents->empty() || extents->size() > 4 || !multiply_to(*extents, entry.dims.elements())) continue;
    same.dims = Shape(std::span<const int64_t>(*extents));
    changed = true;
  }
  return changed ? std::make_shared<RenamedWeights>(file, names) : file;
}

}  // namespace

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const WeightsOf file = with_former_shapes(open_weights(path));
  Checkpoint checkpoint;
  checkpoint.path = path;
  read_marks(*file, checkpoint);
  read_denoiser(file, checkpoint);
  for (const char* prefix : autoencoder_prefixes) {
    if (checkpoint.autoencoder) break;
    if (holds_vae_original(*file, prefix)) checkpoint.autoencoder = vae_original(file, prefix);
    if (holds_qwen_vae_original(*file, prefix)) checkpoint.autoencoder = qwen_vae_original(file, prefix);
  }
  for (const char* prefix : {"control_model.", ""}) {
    if (!checkpoint.control && holds_controlnet_original(*file, prefix))
      checkpoint.control = controlnet_original(file, prefix);
  }
  if (!checkpoint.control && holds_controlnet(*file)) checkpoint.control = controlnet_without_config(file);
  const bool second_generation = clip_names_in(*file, "cond_stage_model.model.") == ClipNames::open_clip;
  for (const TextPlace& place : text_places) {
    if (auto encoder = text_encoder_at(file, place, second_generation)) {
      checkpoint.text_encoders.push_back(*std::move(encoder));
    }
  }
  if (checkpoint.empty()) {
    throw Error(ErrorCategory::unsupported, "cannot load model", path.string(),
                "its weights are those of no network that is known",
                "choose a checkpoint of Stable Diffusion 1.x to 3.5, FLUX, Z-Image or Qwen-Image, an autoencoder, a "
                "ControlNet, CLIP or T5; of a "
                "language model its GGUF file or Hugging Face folder, which hold its tokenizer");
  }
  for (const WeightEntry& entry : file->entries()) {
    if (names_scale(entry.name)) refuse_scaled(file->path(), entry.name);
  }
  return checkpoint;
}

}  // namespace diptych::models
