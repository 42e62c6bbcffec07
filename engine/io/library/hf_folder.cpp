#include "engine/io/library/hf_folder.h"

#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/formats/pickle.h"
#include "engine/io/formats/safetensors.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

fs::path existing(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) ? path : fs::path();
}

// "model.safetensors.index.json", also of a variant: "model.safetensors.index.fp16.json".
bool is_safetensors_index(const std::string& name) {
  return name.ends_with(".json") && name.find(".safetensors.index.") != std::string::npos;
}

std::shared_ptr<const nlohmann::json> read_object(const fs::path& path) {
  auto value = std::make_shared<nlohmann::json>(read_json_file(path));
  if (value->is_object()) return value;
  throw Error(ErrorCategory::invalid_file, "cannot read configuration", path.string(), "it is no JSON object",
              "download it again");
}

}  // namespace

bool is_hf_folder(const fs::path& path) {
  return !existing(path / "config.json").empty();
}

fs::path find_safetensors(const fs::path& folder) {
  for (const char* ending : {".safetensors.index.json", ".safetensors", ".safetensors.index.fp16.json",
                             ".fp16.safetensors", ".safetensors.index.bf16.json", ".bf16.safetensors"}) {
    for (const char* stem : {"model", "diffusion_pytorch_model"}) {
      if (auto found = existing(folder / (std::string(stem) + ending)); !found.empty()) return found;
    }
  }
  return {};
}

TokenizerFiles find_tokenizer_files(const fs::path& path) {
  TokenizerFiles tokenizer;
  tokenizer.tokenizer_json = existing(path / "tokenizer.json");
  tokenizer.tokenizer_config = existing(path / "tokenizer_config.json");
  tokenizer.special_tokens_map = existing(path / "special_tokens_map.json");
  tokenizer.added_tokens = existing(path / "added_tokens.json");
  tokenizer.sentencepiece_model = existing(path / "tokenizer.model");
  tokenizer.t5_pieces = existing(path / "spiece.model");
  tokenizer.vocab = existing(path / "vocab.json");
  tokenizer.merges = existing(path / "merges.txt");
  tokenizer.chat_template = existing(path / "chat_template.jinja");
  return tokenizer;
}

HfFolder open_hf_folder(const fs::path& path) {
  if (!is_hf_folder(path)) {
    throw Error(ErrorCategory::not_found, "cannot open model folder", path.string(), "it has no config.json",
                "name the folder that holds config.json and the weights");
  }
  HfFolder folder;
  folder.path = path;
  folder.config = read_object(path / "config.json");
  if (auto generation = existing(path / "generation_config.json"); !generation.empty())
    folder.generation_config = read_object(generation);
  folder.weights = find_safetensors(path);
  folder.tokenizer = find_tokenizer_files(path);
  return folder;
}

std::shared_ptr<const WeightFile> HfFolder::open_weights() const {
  if (weights.empty()) {
    refuse_pickled_folder(path);
    throw Error(
        ErrorCategory::not_found, "cannot load model", path.string(), "the folder has no safetensors weights",
        "download model.safetensors, or model.safetensors.index.json with its files; pickled weights are never loaded");
  }
  if (weights.extension() == ".json") return SafetensorsFile::open_index(weights);
  return SafetensorsFile::open(weights);
}

std::shared_ptr<const WeightFile> open_weights(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return open_hf_folder(path).open_weights();
  if (is_safetensors_index(path.filename().string())) return SafetensorsFile::open_index(path);
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.size() >= 4 && std::memcmp(bytes.data(), "GGUF", 4) == 0) return GgufFile::open(path);
  refuse_pickle(path);
  if (path.extension() == ".gguf") return GgufFile::open(path);  // says what is wrong with it
  return SafetensorsFile::parse(file);
}

}  // namespace diptych
