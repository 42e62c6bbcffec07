// Adapters taken into a model's weights for good, and the model written anew.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/io/formats/gguf.h"
#include "engine/model/adapter_match.h"
#include "engine/model/adapters.h"

namespace diptych::train {

// The weights of a component's file with adapters in them, computed one by one as they are asked for: a model larger
// than memory can be merged. The component needs its targets only, so it may be loaded on meta.
class MergedWeights {
 public:
  // Error as apply_adapters; unsupported: an adapter that changes vectors (norms, biases).
  MergedWeights(Context& ctx, const ModelPart& part, std::span<const AdapterUse> uses);

  const std::shared_ptr<const WeightFile>& file() const { return file_; }
  bool changes(const std::string& weight) const { return changed_.contains(weight); }

  // Of a weight that changes, all its values in f32, in the file's order.
  std::vector<float> values(const std::string& weight) const;
  // The bytes of any weight in `type`; one that does not change and has that type, as the file has it.
  std::vector<std::byte> bytes(const std::string& weight, DType type) const;

 private:
  Context& ctx_;
  ModelPart part_;
  std::shared_ptr<const WeightFile> file_;
  AdapterMatch match_;
  std::set<std::string> changed_;
};

// Every weight in its own type, under its own name. Error (io).
void write_merged_safetensors(const MergedWeights& weights, const std::filesystem::path& path);

// The folder of a model (config.json, tokenizer, …) with one model.safetensors in place of its weights.
void write_merged_folder(const MergedWeights& weights, const std::filesystem::path& model,
                         const std::filesystem::path& folder);

// A GGUF file's metadata as they are. What changes keeps its float type; a quantized matrix becomes `type`, by default
// q8_0, which loses next to nothing of what was trained.
void write_merged_gguf(const MergedWeights& weights, const GgufFile& base, const std::filesystem::path& path,
                       DType type = DType::q8_0);

}  // namespace diptych::train
