// What a pipeline of diffusers saves with save_lora_weights: "<component>.<module>.lora_A.weight".
#include "engine/core/error.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/exports/export_tensors.h"

namespace diptych::train {
namespace {

[[noreturn]] void refuse_diffusers(const std::string& thing, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot export adapter for diffusers", thing, why, "export it for kohya");
}

std::string diffusers_part(const std::string& part) {
  if (part == "lora_down") return "lora_A.weight";
  if (part == "lora_up") return "lora_B.weight";
  if (part == "magnitude") return "lora_magnitude_vector";
  refuse_diffusers(part, "it has LoRA and DoRA alone");
}

std::string diffusers_component(const TrainedLayer& layer, const DiffusersOptions& options) {
  if (layer.component == "denoiser") return options.denoiser;
  if (layer.component.starts_with("text_encoder")) return layer.component;
  refuse_diffusers(layer.layer, "the format is for image models, this is a layer of " + layer.component);
}

}  // namespace

void export_diffusers(const std::filesystem::path& file, const TrainedAdapter& adapter,
                      const DiffusersOptions& options) {
  if (adapter.layers.empty()) refuse_diffusers("adapter", "it has no layers");
  ExportTensors tensors(options.dtype);
  for (const TrainedLayer& layer : adapter.layers) {
    const std::string name = diffusers_component(layer, options) + "." + layer.layer + ".";
    for (const auto& [part, value] : layer.parts) {
      const bool conv = part == "magnitude" && layer.parts.at("lora_down").shape().rank() == 4;
      tensors.add(name + diffusers_part(part), value, conv ? Shape{1, value.elements(), 1, 1} : value.shape(),
                  part == "lora_up" ? adapter.scale(layer) : 1);
    }
  }
  std::map<std::string, std::string> metadata{{"format", "pt"}};
  for (const auto& [key, value] : options.metadata) metadata[key] = value;
  tensors.write(file, metadata);
}

}  // namespace diptych::train
