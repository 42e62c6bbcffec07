#include "models/t5/t5_original.h"

#include <nlohmann/json.hpp>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr const char* bias_name = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";

}  // namespace

bool holds_t5_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + bias_name);
}

ModelSource t5_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  RenamedLayers names(prefix);
  names.tree(*file, "", "");
  auto weights = std::make_shared<RenamedWeights>(file, names.names());
  const std::string first = "encoder.block.0.layer.";
  const bool gated = weights->contains(first + "1.DenseReluDense.wi_0.weight");
  const int64_t heads = stored_extent(*weights, bias_name, 1);
  const std::string tokens = weights->contains("shared.weight") ? "shared.weight" : "encoder.embed_tokens.weight";
  return original_source(weights,
                         {{"model_type", "t5"},
                          {"num_layers", count_layers(*weights, "encoder.block.", ".layer.0.SelfAttention.q.weight")},
                          {"d_model", stored_extent(*weights, tokens, 1)},
                          {"vocab_size", stored_extent(*weights, tokens, 0)},
                          {"d_ff", stored_extent(*weights, first + "1.DenseReluDense.wo.weight", 1)},
                          {"num_heads", heads},
                          {"d_kv", stored_extent(*weights, first + "0.SelfAttention.q.weight", 0) / heads},
                          {"relative_attention_num_buckets", stored_extent(*weights, bias_name, 0)},
                          {"feed_forward_proj", gated ? "gated-gelu" : "relu"}});
}

}  // namespace diptych::models
