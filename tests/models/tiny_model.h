// Small models with random weights, written as a Hugging Face folder or as a GGUF file of the same weights.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/core/shape.h"
#include "engine/model/registry.h"
#include "kernels/common/dtype.h"

namespace diptych::testing {

struct TinyShape {
  std::string architecture = "llama";  // as config.json's model_type names it
  int64_t hidden = 64, layers = 2, heads = 4, kv_heads = 2, head_dim = 16, intermediate = 96, vocab = 128;
  bool tied = false;
};

class TinyModel {
 public:
  struct Values {
    Shape dims;
    std::vector<float> values;
  };

  explicit TinyModel(const TinyShape& shape, uint32_t seed = 1);

  void round_to(DType half);  // every value becomes one that f16 or bf16 can hold
  // `stored`: f32, f16 or bf16; for GGUF also a block type, for matrices only.
  void write_hf(const std::filesystem::path& folder, DType stored = DType::f32) const;
  void write_gguf(const std::filesystem::path& path, DType matrices = DType::f32) const;

  nlohmann::json config;                  // of the folder
  std::map<std::string, Values> weights;  // by their names in the folder; tests may damage them

 private:
  void add(const std::string& name, const Shape& dims, float deviation);
  void add_layer(int64_t index);

  TinyShape shape_;
  uint32_t seed_;
};

// Through the product's registry. Error as ModelRegistry::load_causal_lm.
std::unique_ptr<CausalLm> load(Context& ctx, const std::filesystem::path& path);

// Logits of all tokens of one sequence without a cache, [tokens, vocab].
std::vector<float> logits_of(Context& ctx, const CausalLm& model, const std::vector<int32_t>& tokens);

std::vector<int32_t> random_tokens(int64_t count, int64_t vocab, uint32_t seed);

}  // namespace diptych::testing
