// What a model on disk is, told by headers and configurations alone.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace diptych {

enum class ModelKind {
  text,   // a language model
  image,  // a denoiser, alone or with its other parts
  autoencoder,
  text_encoder,
  image_encoder,  // of IP-Adapters
  image_prompt,   // IP-Adapter
  adapter,        // LoRA and its like
  control,        // ControlNet, T2I-Adapter
  embedding,      // textual inversion
  upscaler,
  unknown,
};

enum class ModelForm { gguf, safetensors, model_folder, pipeline_folder, pickle };

const char* model_kind_name(ModelKind kind);  // "text encoder": as lists show it
const char* model_form_name(ModelForm form);
std::optional<ModelKind> model_kind_of(std::string_view name);
std::optional<ModelForm> model_form_of(std::string_view name);

struct ModelDescription {
  ModelKind kind = ModelKind::unknown;
  ModelForm form = ModelForm::safetensors;
  std::string family = {};  // "Stable Diffusion XL", "FLUX.1", "llama"; empty: not told
  std::string parts = {};   // of an image model's file: "denoiser, autoencoder, 2 text encoders"
};

// Reads headers only. Error as open_weights.
using ModelDescriber = std::function<ModelDescription(const std::filesystem::path& path)>;

}  // namespace diptych
