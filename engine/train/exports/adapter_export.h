// Writing trained adapters for the programs that use them. Each writer refuses with Error (unsupported) what its format
// cannot hold, and Error (io) where writing fails.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/train/adapters/trained_adapter.h"
#include "kernels/common/dtype.h"

namespace diptych::train {

struct ExportOptions {
  DType dtype = DType::f32;                          // f32, f16 or bf16
  std::map<std::string, std::string> metadata = {};  // of the safetensors header or, for GGUF, texts
};

// PEFT: FOLDER/adapter_model.safetensors and adapter_config.json. All methods, of one component.
struct PeftOptions : ExportOptions {
  std::string task_type = "CAUSAL_LM";        // empty: null, as for diffusion models
  std::vector<std::string> target_modules{};  // endings of names; empty: each layer's whole name
};
void export_peft(const std::filesystem::path& folder, const TrainedAdapter& adapter, const PeftOptions& options = {});

// kohya's sd-scripts and LyCORIS: one safetensors file, all methods, with the alpha of each layer and ss_* and
// modelspec.* in the header; `metadata` adds to these or replaces them.
struct KohyaOptions : ExportOptions {
  std::string denoiser_prefix = "lora_unet_";  // "lora_transformer_" where names of diffusers' transformers are meant
  std::string architecture = {};               // modelspec.architecture without "/lora": "stable-diffusion-v1", …
  std::string title = "adapter";
};
void export_kohya(const std::filesystem::path& file, const TrainedAdapter& adapter, const KohyaOptions& options = {});

// diffusers: one safetensors file, LoRA and DoRA. The scale of each layer is multiplied into its up matrix, as programs
// that read this format do not agree on where to look for it.
struct DiffusersOptions : ExportOptions {
  std::string denoiser = "unet";  // or "transformer": the pipeline's name of it
};
void export_diffusers(const std::filesystem::path& file, const TrainedAdapter& adapter,
                      const DiffusersOptions& options = {});

// llama.cpp: a GGUF adapter, LoRA only. It knows one alpha: where layers differ, their scale goes into B.
struct GgufAdapterOptions : ExportOptions {
  std::string architecture = "llama";
  std::string name = "adapter";
};
void export_gguf_adapter(const std::filesystem::path& file, const TrainedAdapter& adapter,
                         const GgufAdapterOptions& options = {});

// Reads what an export wrote, with the reader that models use, and compares every layer: names, scales and values
// within the rounding of its type. Error (invalid_file) names what differs. `paired`: a GGUF adapter whose rows are in
// pairs.
void verify_export(const std::filesystem::path& path, const TrainedAdapter& adapter, DType dtype);

}  // namespace diptych::train
