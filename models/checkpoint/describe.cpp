#include "models/checkpoint/describe.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/core/error.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/weights.h"
#include "engine/io/library/pipeline_folder.h"
#include "models/checkpoint/checkpoint.h"

namespace diptych::models {
namespace {

namespace fs = std::filesystem;

// Any of these in any name tells the kind.
struct NameMark {
  std::string_view part;
  ModelKind kind;
  const char* family;
};
constexpr std::array name_marks{
    NameMark{"ip_adapter.", ModelKind::image_prompt, "IP-Adapter"},
    NameMark{"lora_down.weight", ModelKind::adapter, ""},
    NameMark{"lora_A.", ModelKind::adapter, ""},
    NameMark{".lora.down.weight", ModelKind::adapter, ""},
    NameMark{".processor.qkv_lora", ModelKind::adapter, ""},
    NameMark{".hada_w1_a", ModelKind::adapter, ""},
    NameMark{".lokr_w1", ModelKind::adapter, ""},
    NameMark{"control_model.", ModelKind::control, "ControlNet"},
    NameMark{"controlnet_cond_embedding.", ModelKind::control, "ControlNet"},
    NameMark{"controlnet_blocks.", ModelKind::control, "ControlNet"},
    NameMark{"input_hint_block.", ModelKind::control, "ControlNet"},
    NameMark{"zero_convs.", ModelKind::control, "ControlNet"},
    NameMark{"adapter.body.", ModelKind::control, "T2I-Adapter"},
    NameMark{"body.0.resnets.0.block1", ModelKind::control, "T2I-Adapter"},
    NameMark{"body.0.block1.weight", ModelKind::control, "T2I-Adapter"},
    NameMark{"emb_params", ModelKind::embedding, "Stable Diffusion"},
    NameMark{"body.0.rdb1.conv1.weight", ModelKind::upscaler, "ESRGAN"},
    NameMark{"model.1.sub.0.", ModelKind::upscaler, "ESRGAN"},
};

// What the names of an adapter's weights, or the width of the text that they read, say of its model.
struct FamilyMark {
  std::string_view part;
  const char* family;
};
constexpr std::array adapter_families{
    FamilyMark{"lora_te2_", "Stable Diffusion XL"},
    FamilyMark{"text_encoder_2.", "Stable Diffusion XL"},
    FamilyMark{"double_blocks", "FLUX.1"},
    FamilyMark{"single_transformer_blocks", "FLUX.1"},
    FamilyMark{"joint_blocks", "Stable Diffusion 3"},
    FamilyMark{"diffusion_model.layers.", "Z-Image"},
    FamilyMark{"lora_unet_layers_", "Z-Image"},
    FamilyMark{"model.layers.", "language models"},
    FamilyMark{"transformer.transformer_blocks", "Stable Diffusion 3"},
};

bool any_name_has(const WeightFile& file, std::string_view part) {
  return std::ranges::any_of(file.entries(),
                             [&](const WeightEntry& entry) { return entry.name.find(part) != std::string::npos; });
}

bool any_name_begins(const WeightFile& file, std::string_view part) {
  return std::ranges::any_of(file.entries(), [&](const WeightEntry& entry) { return entry.name.starts_with(part); });
}

std::string family_of_text_width(int64_t width) {
  return width == 768    ? "Stable Diffusion 1"
         : width == 1024 ? "Stable Diffusion 2"
         : width == 2048 ? "Stable Diffusion XL"
                         : "";
}

std::string family_of_adapter(const WeightFile& file) {
  for (const FamilyMark& mark : adapter_families) {
    if (any_name_has(file, mark.part)) return mark.family;
  }
  for (const WeightEntry& entry : file.entries()) {
    const bool reads_text = entry.name.find("attn2_to_k.lora_down") != std::string::npos ||
                            entry.name.find("attn2.to_k.lora_A") != std::string::npos;
    if (reads_text && entry.dims.rank() >= 2) return family_of_text_width(entry.dims[1]);
  }
  return "";
}

// An embedding is a few rows and nothing else.
bool is_embedding(const WeightFile& file) {
  return file.entries().size() <= 4 && std::ranges::all_of(file.entries(), [](const WeightEntry& entry) {
           return entry.dims.rank() == 2 && entry.dims[0] <= 256 && entry.dims[1] >= 256;
         });
}

int64_t number_in(const ModelSource& source, const char* key) {
  const auto found = source.hf->config->find(key);
  return found != source.hf->config->end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::string family_of_unet(const Checkpoint& checkpoint) {
  const ModelSource& denoiser = *checkpoint.denoiser;
  const int64_t width = number_in(denoiser, "cross_attention_dim"), channels = number_in(denoiser, "in_channels");
  std::string family = family_of_text_width(width);
  if (width == 1280) family = "Stable Diffusion XL refiner";
  if (family.empty()) family = "Stable Diffusion";
  return family + (channels == 9 ? ", inpainting" : "");
}

std::string family_of_image(const Checkpoint& checkpoint) {
  if (checkpoint.pipeline == "FluxPipeline") return "FLUX.1";
  if (checkpoint.pipeline == "StableDiffusion3Pipeline") return "Stable Diffusion 3";
  if (checkpoint.pipeline == "ZImagePipeline") return "Z-Image";
  if (checkpoint.pipeline == "QwenImagePipeline") return "Qwen-Image";
  return family_of_unet(checkpoint);
}

ModelDescription described(const Checkpoint& checkpoint) {
  ModelDescription result;
  std::string parts;
  const auto add = [&](const std::string& part) { parts += (parts.empty() ? "" : ", ") + part; };
  if (checkpoint.denoiser) add("denoiser");
  if (checkpoint.autoencoder) add("autoencoder");
  const size_t texts = checkpoint.text_encoders.size();
  if (texts > 0) add(texts == 1 ? "text encoder" : std::to_string(texts) + " text encoders");
  result.parts = parts;
  if (checkpoint.denoiser) {
    result.kind = ModelKind::image;
    result.family = family_of_image(checkpoint);
  } else if (checkpoint.autoencoder) {
    result.kind = ModelKind::autoencoder;
    const std::string form = checkpoint.autoencoder->architecture();
    const int64_t channels =
        number_in(*checkpoint.autoencoder, form == "AutoencoderKLQwenImage" ? "z_dim" : "latent_channels");
    result.family = form + ", " + std::to_string(channels) + " channels";
  } else {
    result.kind = ModelKind::text_encoder;
    result.family = checkpoint.text_encoders.front().architecture().starts_with("t5") ? "T5" : "CLIP";
  }
  return result;
}

ModelDescription describe_file(const fs::path& path) {
  const auto file = open_weights(path);
  const auto* gguf = dynamic_cast<const GgufFile*>(file.get());
  ModelDescription result;
  result.form = gguf != nullptr ? ModelForm::gguf : ModelForm::safetensors;
  for (const NameMark& mark : name_marks) {
    if (!any_name_has(*file, mark.part)) continue;
    result.kind = mark.kind;
    result.family = mark.family;
    if (result.kind == ModelKind::adapter && result.family.empty()) result.family = family_of_adapter(*file);
    return result;
  }
  if (gguf != nullptr && (file->contains("token_embd.weight") || gguf->metadata().contains("tokenizer.ggml.model"))) {
    result.family = gguf->architecture();
    result.kind = result.family.starts_with("t5") ? ModelKind::text_encoder : ModelKind::text;
    return result;
  }
  if (any_name_begins(*file, "model.layers.0.") || any_name_has(*file, "language_model.")) {
    throw Error(ErrorCategory::unsupported, "cannot use model", path.string(),
                "it is a language model's weights without configuration and tokenizer",
                "choose its Hugging Face folder, or a GGUF file of it");
  }
  if (is_embedding(*file)) {
    result.kind = ModelKind::embedding;
    return result;
  }
  const ModelForm form = result.form;
  result = described(read_checkpoint(path));
  result.form = form;
  return result;
}

[[noreturn]] void refuse_architecture(const fs::path& path, const std::string& architecture) {
  throw Error(ErrorCategory::unsupported, "cannot use model", path.string(),
              architecture.empty() ? "its config.json names no architecture"
                                   : "its architecture '" + architecture + "' is not known",
              "choose another model");
}

bool generates_text(const nlohmann::json& config) {
  const auto classes = config.find("architectures");
  if (classes == config.end() || !classes->is_array() || classes->empty() || !classes->front().is_string()) return true;
  const auto& name = classes->front().get_ref<const std::string&>();
  return name.ends_with("ForCausalLM") || name.ends_with("LMHeadModel");
}

// transformers' and diffusers' folders: what their config.json names.
ModelDescription describe_folder(const ModelRegistry& registry, const fs::path& folder) {
  const ModelSource source = open_model(folder);
  ModelDescription result{.form = ModelForm::model_folder, .family = source.architecture()};
  if (registry.is_denoiser(source)) {
    result.kind = ModelKind::image;
    result.parts = "denoiser";
  } else if (registry.is_autoencoder(source)) {
    result.kind = ModelKind::autoencoder;
  } else if (registry.is_control_model(source)) {
    result.kind = ModelKind::control;
  } else if (registry.is_image_encoder(source)) {
    result.kind = ModelKind::image_encoder;
  } else if (registry.knows_text_encoder(result.family)) {
    result.kind = ModelKind::text_encoder;
  } else if (registry.knows_causal_lm(result.family)) {
    result.kind = registry.is_text_encoder(source) ? ModelKind::text_encoder : ModelKind::text;
  } else if (source.hf->config->contains("model_type") && generates_text(*source.hf->config)) {
    result.kind = ModelKind::text;  // whose loader says that it is not known
  } else {
    refuse_architecture(folder, result.family);
  }
  return result;
}

}  // namespace

ModelDescription describe_model(const ModelRegistry& registry, const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return describe_file(path);
  if (is_pipeline_folder(path)) {
    return {ModelKind::image, ModelForm::pipeline_folder, open_pipeline_folder(path).pipeline, ""};
  }
  if (fs::exists(path / "adapter_config.json", error)) {
    return {ModelKind::adapter, ModelForm::model_folder, "", ""};
  }
  return describe_folder(registry, path);
}

}  // namespace diptych::models
