#include "engine/train/image/image_result.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/train/adapters/trained_layers.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/exports/linked_files.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;
using diffusion::ImageFamily;

bool is_unet(const ImageBase& base) {
  return base.model().denoiser->info().architecture == "UNet2DConditionModel";
}

// modelspec.architecture of the base.
std::string modelspec_architecture(const ImageBase& base) {
  switch (base.model().family) {
    case ImageFamily::stable_diffusion:
      return base.model().denoiser->info().text_width == 1024 ? "stable-diffusion-v2-768-v" : "stable-diffusion-v1";
    case ImageFamily::sdxl:
      return "stable-diffusion-xl-v1-base";
    case ImageFamily::sd3:
      return "stable-diffusion-3-medium";
    case ImageFamily::flux:
      return "flux-1-dev";
    default:
      return diffusion::traits_of(base.model().family).name;
  }
}

// The component's folder in a pipeline of diffusers.
std::string folder_of(const ImageBase& base, const std::string& component) {
  if (component != "denoiser") return component;
  return is_unet(base) ? "unet" : "transformer";
}

const ModelSource& source_of(const ImageBase& base, const std::string& component) {
  const std::vector<std::optional<diffusion::ImageModelParts::Text>>& texts = base.parts().texts;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (component == (i == 0 ? "text_encoder" : "text_encoder_" + std::to_string(i + 1))) return texts[i]->encoder;
  }
  return base.parts().denoiser;
}

// What is no part of training: as the base's file has it.
void add_untrained(Context& ctx, const WeightFile& file, TensorMap& tensors) {
  for (const WeightEntry& entry : file.entries()) {
    if (tensors.contains(entry.name)) continue;
    const WeightView view = file.require(entry.name);
    Tensor copy = ctx.output(view.dims, view.type, Owner::workspace);
    std::memcpy(copy.raw(), view.data, view.bytes);
    tensors[entry.name] = copy;
  }
}

// scheduler_config.json of the base, with what training has changed.
void write_scheduler(const fs::path& from, const LossOptions& loss, diffusion::Prediction prediction,
                     const fs::path& to) {
  nlohmann::json config = read_json_file(from);
  if (prediction == diffusion::Prediction::v) config["prediction_type"] = "v_prediction";
  if (prediction == diffusion::Prediction::epsilon) config["prediction_type"] = "epsilon";
  if (loss.zero_terminal_snr) {
    config["rescale_betas_zero_snr"] = true;
    config["timestep_spacing"] = "trailing";  // a run must begin where it was trained to: at noise alone
  }
  make_folder(to.parent_path());
  write_text_file(to, config.dump(2) + "\n");
}

}  // namespace

void write_image_adapter(Context& ctx, std::span<const TrainedComponent> components, const ImageBase& base,
                         const std::string& base_name, const fs::path& folder) {
  TrainedAdapter adapter = trained_adapter(ctx, *components.front().adapter, components.front().component);
  for (const TrainedComponent& one : components.subspan(1)) {
    TrainedAdapter more = trained_adapter(ctx, *one.adapter, one.component);
    std::ranges::move(more.layers, std::back_inserter(adapter.layers));
  }
  adapter.base_model = base_name;
  make_folder(folder);
  KohyaOptions kohya;
  kohya.denoiser_prefix = is_unet(base) ? "lora_unet_" : "lora_transformer_";
  kohya.architecture = modelspec_architecture(base);
  kohya.title = folder.filename().string();
  export_kohya(folder / "adapter.safetensors", adapter, kohya);
  if (adapter.method != AdapterMethod::lora) return;  // diffusers has names for LoRA and DoRA alone
  DiffusersOptions diffusers;
  diffusers.denoiser = is_unet(base) ? "unet" : "transformer";
  export_diffusers(folder / "pytorch_lora_weights.safetensors", adapter, diffusers);
}

void check_writable(std::span<const TrainedComponent> components, const ImageBase& base) {
  for (const TrainedComponent& one : components) {
    const ModelSource& source = source_of(base, one.component);
    if (one.full == nullptr || source.hf) continue;
    throw Error(ErrorCategory::unsupported, "cannot train all weights of", source.path.string(),
                "it is a GGUF file, whose names and types would have to stay", "begin from the model's safetensors");
  }
}

void write_component(Context& ctx, const TrainedComponent& trained, const ImageBase& base, const fs::path& folder) {
  const bool is_denoiser = trained.component == "denoiser";
  const FullTraining& part = *trained.full;
  const ModelSource& source = source_of(base, trained.component);
  assert(source.hf);
  const fs::path component = folder / folder_of(base, trained.component);
  make_folder(component);
  nlohmann::json config = *source.hf->config;
  write_text_file(component / "config.json", config.dump(2) + "\n");
  TensorMap tensors;
  for (size_t i = 0; i < part.parameters().size(); ++i) {
    const Parameter& parameter = part.parameters()[i];
    tensors[parameter.name] = part.as_stored(ctx, i, parameter.value);
  }
  add_untrained(ctx, *source.weights, tensors);
  write_tensors(component / (is_denoiser ? "diffusion_pytorch_model.safetensors" : "model.safetensors"), tensors);
}

void complete_pipeline(const ImageBase& base, std::span<const TrainedComponent> components, const LossOptions& loss,
                       diffusion::Prediction prediction, const fs::path& folder) {
  const fs::path& from = base.parts().path;
  if (!is_pipeline_folder(from)) return;
  const auto is_trained = [&](const fs::path& part) {
    return std::ranges::any_of(components,
                               [&](const TrainedComponent& one) { return part == folder_of(base, one.component); });
  };
  const fs::path scheduler = fs::path("scheduler") / "scheduler_config.json";
  link_files(from, folder, [&](const fs::path& name) { return name != scheduler && !is_trained(*name.begin()); });
  write_scheduler(from / scheduler, loss, prediction, folder / scheduler);
}

}  // namespace diptych::train
