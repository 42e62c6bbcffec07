// PEFT's folder: keys "base_model.model.<module>.lora_A.weight", and a configuration that says which modules there are.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/exports/export_tensors.h"

namespace diptych::train {
namespace {

using nlohmann::ordered_json;

[[noreturn]] void refuse_peft(const std::string& thing, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot export adapter for PEFT", thing, why, "export it for kohya");
}

std::string peft_part(const std::string& part) {
  if (part == "lora_down") return "lora_A.weight";
  if (part == "lora_up") return "lora_B.weight";
  if (part == "magnitude") return "lora_magnitude_vector";
  return part;
}

// The value that most layers have; the others go into a pattern.
template <typename Value>
Value most_common(const std::vector<Value>& values) {
  std::map<Value, int> counts;
  for (const Value value : values) ++counts[value];
  return std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; })->first;
}

ordered_json peft_number(double value) {  // whole ones as PEFT writes them
  return value == std::floor(value) && std::abs(value) < 1e9 ? ordered_json(static_cast<int64_t>(value))
                                                             : ordered_json(value);
}

ordered_json peft_config(const TrainedAdapter& adapter, const PeftOptions& options) {
  std::vector<int64_t> ranks;
  std::vector<double> alphas;
  bool dora = false;
  std::set<std::string> modules(options.target_modules.begin(), options.target_modules.end());
  for (const TrainedLayer& layer : adapter.layers) {
    ranks.push_back(layer.rank);
    alphas.push_back(layer.alpha);
    dora = dora || layer.parts.contains("magnitude");
    if (options.target_modules.empty()) modules.insert(layer.layer);
  }
  const int64_t rank = most_common(ranks);
  const double alpha = most_common(alphas);
  ordered_json rank_pattern = ordered_json::object(), alpha_pattern = ordered_json::object();
  for (const TrainedLayer& layer : adapter.layers) {
    if (layer.rank != rank) rank_pattern[layer.layer] = layer.rank;
    if (layer.alpha != alpha) alpha_pattern[layer.layer] = peft_number(layer.alpha);
  }
  ordered_json config{{"peft_type", ""},
                      {"task_type", nullptr},
                      {"base_model_name_or_path", adapter.base_model},
                      {"r", rank},
                      {"rank_pattern", rank_pattern},
                      {"alpha_pattern", alpha_pattern},
                      {"target_modules", modules},
                      {"inference_mode", true},
                      {"modules_to_save", nullptr}};
  if (!options.task_type.empty()) config["task_type"] = options.task_type;
  if (adapter.method == AdapterMethod::lora) {
    config.update({{"peft_type", "LORA"},
                   {"lora_alpha", peft_number(alpha)},
                   {"lora_dropout", 0.0},
                   {"bias", "none"},
                   {"fan_in_fan_out", false},
                   {"use_rslora", adapter.rank_stabilised},
                   {"use_dora", dora}});
  } else if (adapter.method == AdapterMethod::loha) {
    config.update({{"peft_type", "LOHA"}, {"alpha", peft_number(alpha)}});
  } else {
    config.update(
        {{"peft_type", "LOKR"}, {"alpha", peft_number(alpha)}, {"decompose_factor", adapter.kronecker_factor}});
  }
  for (const TrainedLayer& layer : adapter.layers) {
    if (layer.parts.contains("hada_t1") || layer.parts.contains("lokr_t2")) config["use_effective_conv2d"] = true;
    if (layer.parts.contains("lokr_w1_a")) config["decompose_both"] = true;
  }
  return config;
}

void check_for_peft(const TrainedAdapter& adapter) {
  if (adapter.layers.empty()) refuse_peft("adapter", "it has no layers");
  if (adapter.rank_stabilised && adapter.method != AdapterMethod::lora) {
    refuse_peft("rank stabilisation", "PEFT has it for LoRA alone");
  }
  for (const TrainedLayer& layer : adapter.layers) {
    if (layer.component != adapter.layers.front().component) {
      refuse_peft(layer.layer, "it is of another component than " + adapter.layers.front().layer);
    }
    if (layer.parts.contains("lora_mid")) refuse_peft(layer.layer, "PEFT has no core between up and down");
  }
}

}  // namespace

void export_peft(const std::filesystem::path& folder, const TrainedAdapter& trained, const PeftOptions& options) {
  const TrainedAdapter adapter = as_hugging_face(trained);
  check_for_peft(adapter);
  ExportTensors tensors(options.dtype);
  for (const TrainedLayer& layer : adapter.layers) {
    for (const auto& [part, value] : layer.parts) {
      // The magnitude of a convolution is spread over its output: [1, out, 1, 1].
      const bool conv = part == "magnitude" && layer.parts.at("lora_down").shape().rank() == 4;
      tensors.add("base_model.model." + layer.layer + "." + peft_part(part), value,
                  conv ? Shape{1, value.elements(), 1, 1} : value.shape());
    }
  }
  std::map<std::string, std::string> metadata{{"format", "pt"}};
  for (const auto& [key, value] : options.metadata) metadata[key] = value;
  tensors.write(folder / "adapter_model.safetensors", metadata);
  write_text_file(folder / "adapter_config.json", peft_config(adapter, options).dump(2) + "\n");
}

}  // namespace diptych::train
