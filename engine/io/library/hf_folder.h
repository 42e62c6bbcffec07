// A Hugging Face model folder: config.json, weights in safetensors (sharded or not), tokenizer files.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "engine/io/formats/weights.h"

namespace diptych {

// Paths of the files that exist; an empty path: none.
struct TokenizerFiles {
  std::filesystem::path tokenizer_json, tokenizer_config, special_tokens_map, added_tokens;
  std::filesystem::path sentencepiece_model, t5_pieces, vocab, merges, chat_template;
};

TokenizerFiles find_tokenizer_files(const std::filesystem::path& folder);

struct HfFolder {
  std::filesystem::path path;
  std::shared_ptr<const nlohmann::json> config;             // an object
  std::shared_ptr<const nlohmann::json> generation_config;  // null: the folder has none
  std::filesystem::path weights;                            // a .safetensors file or an .index.json; empty: none
  TokenizerFiles tokenizer;

  std::shared_ptr<const WeightFile> open_weights() const;  // Error (not_found) where there are none
};

TokenizerFiles find_tokenizer_files(const std::filesystem::path& folder);

bool is_hf_folder(const std::filesystem::path& path);  // a folder with config.json
HfFolder open_hf_folder(const std::filesystem::path& path);

// "model" of transformers, "diffusion_pytorch_model" of diffusers: STEM.safetensors.index.json or STEM.safetensors, or
// else those of diffusers' variants fp16 and bf16 (STEM.fp16.safetensors).
std::filesystem::path find_safetensors(const std::filesystem::path& folder);

}  // namespace diptych
