#include "engine/model/adapter_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/adapter_keys.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const Adapter& adapter, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot read adapter", adapter.path.string(), why,
              "the file is damaged or incomplete: download it again");
}

void check_ending(const fs::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".safetensors" || ending == ".gguf") return;
  const bool pickled = ending == ".pt" || ending == ".pth" || ending == ".bin" || ending == ".ckpt";
  throw Error(ErrorCategory::unsupported, "cannot read adapter", path.string(),
              pickled ? "it is a pickled file, which can run code when it is read"
                      : "it is neither a safetensors file, nor a GGUF file, nor a PEFT folder",
              pickled ? "convert it where you trust it: python -c \"import torch, safetensors.torch as s; "
                        "s.save_file(torch.load('FILE', weights_only=True), 'FILE.safetensors')\""
                      : "choose a .safetensors file or the folder with adapter_config.json");
}

// The weights of a folder or file, and the configuration beside them where there is one.
struct AdapterPaths {
  fs::path weights, config;
};

AdapterPaths find_adapter(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw Error(ErrorCategory::not_found, "cannot open adapter", path.string(), "no such file or folder",
                "check the path");
  }
  if (!fs::is_directory(path, error)) {
    check_ending(path);
    const fs::path config = path.parent_path() / "adapter_config.json";
    const bool peft = path.filename() == "adapter_model.safetensors" && fs::exists(config, error);
    return {path, peft ? config : fs::path()};
  }
  const fs::path peft = path / "adapter_model.safetensors", diffusers = path / "pytorch_lora_weights.safetensors";
  if (fs::exists(peft, error)) {
    const fs::path config = path / "adapter_config.json";
    if (fs::exists(config, error)) return {peft, config};
    throw Error(ErrorCategory::not_found, "cannot open adapter", path.string(), "it has no adapter_config.json",
                "download the whole folder");
  }
  if (fs::exists(diffusers, error)) return {diffusers, {}};
  throw Error(ErrorCategory::not_found, "cannot open adapter", path.string(),
              "it has neither adapter_model.safetensors nor pytorch_lora_weights.safetensors",
              "name the adapter's file");
}

// What the file itself says, where no adapter_config.json does.
void read_own_config(Adapter& adapter) {
  const std::string origin = adapter.path.string();
  if (const auto gguf = std::dynamic_pointer_cast<const GgufFile>(adapter.file)) {
    const auto type = gguf->metadata().get_string("general.type");
    if (!type || *type != "adapter") fail(adapter, "its general.type is not 'adapter'");
    adapter.config.scaling[""].alpha = gguf->metadata().get_f32("adapter.lora.alpha");
  } else if (const auto plain = std::dynamic_pointer_cast<const SafetensorsFile>(adapter.file)) {
    const auto found = plain->metadata().find("lora_adapter_metadata");
    if (found != plain->metadata().end()) adapter.config = adapter_config_of_diffusers(found->second, origin);
  }
}

void refuse_keys(const Adapter& adapter, const std::vector<std::string>& unknown) {
  if (unknown.empty()) return;
  std::string names;
  for (size_t i = 0; i < std::min<size_t>(unknown.size(), 3); ++i) names += (i == 0 ? "" : ", ") + unknown[i];
  throw Error(ErrorCategory::unsupported, "cannot read adapter", adapter.path.string(),
              std::to_string(unknown.size()) + " of its tensors belong to no kind of adapter that is known: " + names +
                  (unknown.size() > 3 ? ", …" : ""),
              "choose a LoRA, LoHa, LoKr or DoRA file");
}

void read_layers(Adapter& adapter) {
  std::map<std::string, AdapterLayer> layers;
  std::vector<std::string> unknown;
  for (const WeightEntry& entry : adapter.file->entries()) {
    const auto key = split_adapter_key(entry.name);
    if (!key) {
      unknown.push_back(entry.name);
      continue;
    }
    if (!entry.type || entry.dims.elements() < 1) fail(adapter, "the tensor " + entry.name + " has no values");
    if (*entry.type >= DType::i8 && *entry.type <= DType::boolean) {
      fail(adapter, "the tensor " + entry.name + " holds whole numbers");
    }
    AdapterLayer& layer = layers[key->stem];
    if (!layer.parts.emplace(key->part, entry.name).second) {
      fail(adapter, "two of its tensors say the same of " + key->stem + ", one is " + entry.name);
    }
  }
  refuse_keys(adapter, unknown);
  if (layers.empty()) fail(adapter, "it holds no tensors");
  for (auto& [stem, layer] : layers) {
    const AdapterPlace place = place_of_adapter_layer(stem);
    layer.key = stem;
    layer.component = place.component;
    layer.layer = place.layer;
    layer.underscored = place.underscored;
    adapter.layers.push_back(std::move(layer));
  }
}

}  // namespace

const Shape& Adapter::dims(const AdapterLayer& layer, std::string_view part) const {
  return file->entry(layer.parts.find(part)->second)->dims;
}

std::shared_ptr<const Adapter> open_adapter(const fs::path& path) {
  const AdapterPaths paths = find_adapter(path);
  auto adapter = std::make_shared<Adapter>();
  adapter->path = paths.weights;
  const fs::path named = path.has_filename() ? path : path.parent_path();
  adapter->name = (named == paths.weights ? named.stem() : named.filename()).string();
  if (paths.weights.extension() == ".gguf") {
    adapter->file = GgufFile::open(paths.weights);
  } else {
    adapter->file = SafetensorsFile::open(paths.weights);
  }
  if (paths.config.empty()) {
    read_own_config(*adapter);
  } else {
    const nlohmann::json config = read_json_file(paths.config);
    if (!config.is_object()) fail(*adapter, paths.config.string() + " is no object");
    adapter->config = adapter_config_of_peft(config, paths.config.string());
  }
  read_layers(*adapter);
  return adapter;
}

}  // namespace diptych
