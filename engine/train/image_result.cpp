#include "engine/train/image_result.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/atomic_file.h"
#include "engine/io/json_text.h"
#include "engine/io/pipeline_folder.h"
#include "engine/io/tensor_file.h"
#include "engine/train/adapter_export.h"
#include "engine/train/trained_layers.h"

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

// A second name for the file, or a copy where that cannot be.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  make_folder(to.parent_path());
  fs::remove(to, error);
  fs::create_hard_link(fs::canonical(from), to, error);
  if (!error) return;
  error.clear();
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) return;
  throw Error(ErrorCategory::io, "cannot write the model's folder", to.string(), error.message(),
              "make room there, or copy it from " + from.string());
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

void write_image_adapter(Context& ctx, const AdapterTraining& part, const ImageBase& base, const std::string& base_name,
                         const fs::path& folder) {
  TrainedAdapter adapter = trained_adapter(ctx, part, "denoiser");
  adapter.base_model = base_name;
  make_folder(folder);
  KohyaOptions kohya;
  kohya.denoiser_prefix = is_unet(base) ? "lora_unet_" : "lora_transformer_";
  kohya.architecture = modelspec_architecture(base);
  kohya.title = folder.filename().string();
  export_kohya(folder / "adapter.safetensors", adapter, kohya);
  DiffusersOptions diffusers;
  diffusers.denoiser = is_unet(base) ? "unet" : "transformer";
  export_diffusers(folder / "pytorch_lora_weights.safetensors", adapter, diffusers);
}

void write_denoiser(Context& ctx, const FullTraining& part, const ImageBase& base, const fs::path& folder) {
  const ModelSource& source = base.parts().denoiser;
  if (!source.hf) {
    throw Error(ErrorCategory::unsupported, "cannot write all weights of", source.path.string(),
                "it is a GGUF file, whose names and types would have to stay", "begin from the model's safetensors");
  }
  const fs::path component = folder / (is_unet(base) ? "unet" : "transformer");
  make_folder(component);
  nlohmann::json config = *source.hf->config;
  write_text_file(component / "config.json", config.dump(2) + "\n");
  TensorMap tensors;
  for (size_t i = 0; i < part.parameters().size(); ++i) {
    const Parameter& parameter = part.parameters()[i];
    tensors[parameter.name] = part.as_stored(ctx, i, parameter.value);
  }
  add_untrained(ctx, *source.weights, tensors);
  write_tensors(component / "diffusion_pytorch_model.safetensors", tensors);
}

void complete_pipeline(const ImageBase& base, const LossOptions& loss, diffusion::Prediction prediction,
                       const fs::path& folder) {
  const fs::path& from = base.parts().path;
  if (!is_pipeline_folder(from)) return;
  const std::string trained = is_unet(base) ? "unet" : "transformer";
  for (fs::recursive_directory_iterator file(from, fs::directory_options::follow_directory_symlink), end; file != end;
       ++file) {
    const fs::path name = file->path().lexically_relative(from);
    if (*name.begin() == trained || !file->is_regular_file()) continue;
    if (name == fs::path("scheduler") / "scheduler_config.json") {
      write_scheduler(file->path(), loss, prediction, folder / name);
    } else {
      link_or_copy(file->path(), folder / name);
    }
  }
}

}  // namespace diptych::train
