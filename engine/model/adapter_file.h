// An adapter as its file has it: for each layer that it changes, the tensors that say how.
//
// Read are kohya's and LyCORIS's files (lora_unet_…, lora_te1_…), those of diffusers and PEFT (unet.…, transformer.…,
// base_model.model.…, with adapter_config.json beside), ComfyUI's (diffusion_model.…, text_encoders.clip_l.…), and
// llama.cpp's GGUF adapters, XLabs' for FLUX (double_blocks.0.processor.…).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/formats/weights.h"
#include "engine/model/adapter_config.h"

namespace diptych {

// The parts of an adapter's layer, under names of ours: lora_down, lora_up, lora_mid, up_bias, alpha, scalar, magnitude
// (DoRA, of every row), dora_scale (DoRA as LyCORIS has it, of rows or columns), diff, diff_b; those of LoHa and LoKr
// under their own: hada_w1_a, …, lokr_w2_b.
struct AdapterLayer {
  std::string key;        // as the file has it, for messages
  std::string component;  // "denoiser", "text_encoder", "text_encoder_2", …; empty: the file does not say
  std::string layer;      // within the component
  bool underscored = false;
  std::map<std::string, std::string, std::less<>> parts;  // to tensors of the file

  bool has(std::string_view part) const { return parts.find(part) != parts.end(); }
};

struct Adapter {
  std::string name;            // the file's or folder's, without its ending
  std::filesystem::path path;  // of the weights
  std::shared_ptr<const WeightFile> file;
  AdapterConfig config;
  std::vector<AdapterLayer> layers;

  const Shape& dims(const AdapterLayer& layer, std::string_view part) const;
};

// A safetensors file, a GGUF adapter, or a PEFT folder. Error: not_found; invalid_file; unsupported names the first
// keys that no known kind of adapter has, and the way out for pickled files.
std::shared_ptr<const Adapter> open_adapter(const std::filesystem::path& path);

}  // namespace diptych
