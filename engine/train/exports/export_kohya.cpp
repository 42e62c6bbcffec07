// The names of kohya's sd-scripts and LyCORIS: a layer's with underscores, behind a prefix of its component.
#include <algorithm>
#include <set>

#include "engine/core/error.h"
#include "engine/model/weight_targets.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/exports/export_tensors.h"

namespace diptych::train {
namespace {

std::string kohya_part(const std::string& part) {
  if (part == "lora_down" || part == "lora_up" || part == "lora_mid") return part + ".weight";
  return part == "magnitude" ? "dora_scale" : part;
}

// CLIP's layers, which newer files have without the name of the model around them.
std::string with_text_model(const std::string& layer) {
  return layer.starts_with("encoder.layers.") ? "text_model." + layer : layer;
}

class KohyaNames {
 public:
  KohyaNames(const TrainedAdapter& adapter, const KohyaOptions& options) : options_(options) {
    for (const TrainedLayer& layer : adapter.layers) {
      several_encoders_ =
          several_encoders_ || layer.component == "text_encoder_2" || layer.component == "text_encoder_3";
    }
  }

  std::string operator()(const TrainedLayer& layer) const {
    return prefix(layer) + with_underscores(with_text_model(layer.layer));
  }

 private:
  std::string prefix(const TrainedLayer& layer) const {
    if (layer.component == "denoiser") return options_.denoiser_prefix;
    // Stable Diffusion 1 has one text encoder; the first of several has a number.
    const bool numbered = several_encoders_ || options_.architecture.starts_with("stable-diffusion-xl") ||
                          options_.architecture.starts_with("stable-diffusion-3") ||
                          options_.architecture.starts_with("flux");
    if (layer.component == "text_encoder") return numbered ? "lora_te1_" : "lora_te_";
    const bool t5 = options_.architecture.starts_with("flux");  // whose place is the third with sd-scripts
    if (layer.component == "text_encoder_2") return t5 ? "lora_te3_" : "lora_te2_";
    if (layer.component == "text_encoder_3") return "lora_te3_";
    throw Error(ErrorCategory::unsupported, "cannot export adapter for kohya", layer.layer,
                "the format is for image models, this is a layer of " + layer.component, "export it for PEFT");
  }

  const KohyaOptions& options_;
  bool several_encoders_ = false;
};

std::string text_of_number(double value) {
  std::string text = std::to_string(value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::map<std::string, std::string> kohya_metadata(const TrainedAdapter& adapter, const KohyaOptions& options) {
  std::map<std::string, std::string> metadata{
      {"ss_network_module", adapter.method == AdapterMethod::lora ? "networks.lora" : "lycoris.kohya"},
      {"ss_network_dim", std::to_string(adapter.layers.front().rank)},
      {"ss_network_alpha", text_of_number(adapter.layers.front().alpha)},
      {"ss_sd_model_name", adapter.base_model},
      {"modelspec.sai_model_spec", "1.0.0"},
      {"modelspec.title", options.title},
      {"modelspec.implementation", "diffusers"}};
  if (adapter.method == AdapterMethod::loha) metadata["ss_network_args"] = R"({"algo": "loha"})";
  if (adapter.method == AdapterMethod::lokr) metadata["ss_network_args"] = R"({"algo": "lokr"})";
  if (!options.architecture.empty()) metadata["modelspec.architecture"] = options.architecture + "/lora";
  for (const auto& [key, value] : options.metadata) metadata[key] = value;
  return metadata;
}

}  // namespace

void export_kohya(const std::filesystem::path& file, const TrainedAdapter& adapter, const KohyaOptions& options) {
  if (adapter.layers.empty()) {
    throw Error(ErrorCategory::unsupported, "cannot export adapter for kohya", "adapter", "it has no layers",
                "train one first");
  }
  const KohyaNames name_of(adapter, options);
  ExportTensors tensors(options.dtype);
  for (const TrainedLayer& layer : adapter.layers) {
    const std::string name = name_of(layer);
    for (const auto& [part, value] : layer.parts) {
      // One for each row, which its shape says: [out, 1, …].
      const bool conv = part == "magnitude" && layer.parts.at("lora_down").shape().rank() == 4;
      const Shape rows = conv ? Shape{value.elements(), 1, 1, 1} : Shape{value.elements(), 1};
      const double factor = part == "lokr_w2" && TrainedAdapter::is_whole(layer) ? adapter.scale(layer) : 1;
      tensors.add(name + "." + kohya_part(part), value, part == "magnitude" ? rows : value.shape(), factor);
    }
    // Readers divide by the rank.
    tensors.add_number(name + ".alpha", adapter.scale(layer) * static_cast<double>(layer.rank));
  }
  tensors.write(file, kohya_metadata(adapter, options));
}

}  // namespace diptych::train
