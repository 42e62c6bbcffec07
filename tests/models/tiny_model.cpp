#include "tests/models/tiny_model.h"

#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <span>

#include "engine/io/formats/gguf_writer.h"
#include "engine/io/formats/safetensors.h"
#include "kernels/common/half.h"
#include "kernels/common/quant_blocks.h"
#include "models/registry.h"

namespace diptych::testing {
namespace {

struct Name {
  const char *hf, *gguf;
};
constexpr std::array layer_names{
    Name{"self_attn.q_proj", "attn_q"},
    Name{"self_attn.k_proj", "attn_k"},
    Name{"self_attn.v_proj", "attn_v"},
    Name{"self_attn.o_proj", "attn_output"},
    Name{"self_attn.q_norm", "attn_q_norm"},
    Name{"self_attn.k_norm", "attn_k_norm"},
    Name{"mlp.gate_proj", "ffn_gate"},
    Name{"mlp.up_proj", "ffn_up"},
    Name{"mlp.down_proj", "ffn_down"},
    Name{"input_layernorm", "attn_norm"},
    Name{"pre_feedforward_layernorm", "ffn_norm"},
    Name{"post_feedforward_layernorm", "post_ffw_norm"},
};

bool is_gemma(const TinyShape& shape) {
  return shape.architecture.starts_with("gemma");
}

std::string gguf_name(const std::string& hf, bool gemma) {
  if (hf == "model.embed_tokens.weight") return "token_embd.weight";
  if (hf == "model.norm.weight") return "output_norm.weight";
  if (hf == "lm_head.weight") return "output.weight";
  const size_t number = std::string("model.layers.").size(), dot = hf.find('.', number), end = hf.rfind('.');
  const std::string middle = hf.substr(dot + 1, end - dot - 1);
  std::string name;
  // Gemma has a norm before and after each half, and Hugging Face's name of the other families' second norm is its
  // third.
  if (middle == "post_attention_layernorm") name = gemma ? "post_attention_norm" : "ffn_norm";
  for (const Name& known : layer_names) {
    if (middle == known.hf) name = known.gguf;
  }
  return "blk." + hf.substr(number, dot - number) + "." + name + hf.substr(end);
}

std::vector<std::byte> stored_bytes(const std::vector<float>& values, DType type) {
  std::vector<std::byte> bytes(dtype_bytes(type, static_cast<int64_t>(values.size())));
  if (is_quantized(type)) {
    quantize_row(type, values.data(), bytes.data(), static_cast<int64_t>(values.size()));
  } else if (type == DType::f32) {
    std::copy_n(reinterpret_cast<const std::byte*>(values.data()), bytes.size(), bytes.begin());
  } else {
    auto* halves = reinterpret_cast<uint16_t*>(bytes.data());
    for (size_t i = 0; i < values.size(); ++i)
      halves[i] = type == DType::f16 ? f32_to_f16(values[i]) : f32_to_bf16(values[i]);
  }
  return bytes;
}

// GGUF files of llama put the two values that a rotation turns side by side.
std::vector<float> paired_rows(const TinyModel::Values& weight, int64_t head_dim) {
  const int64_t cols = weight.values.size() / static_cast<size_t>(weight.dims[0]);
  std::vector<float> rows(weight.values.size());
  for (int64_t row = 0; row < weight.dims[0]; ++row) {
    const int64_t head = row / head_dim, place = row % head_dim;
    const int64_t source = head * head_dim + place / 2 + (place % 2) * (head_dim / 2);
    std::copy_n(weight.values.begin() + source * cols, cols, rows.begin() + row * cols);
  }
  return rows;
}

}  // namespace

TinyModel::TinyModel(const TinyShape& shape, uint32_t seed) : shape_(shape), seed_(seed) {
  const bool gemma = is_gemma(shape);
  config = {{"model_type", shape.architecture},      {"vocab_size", shape.vocab},
            {"hidden_size", shape.hidden},           {"intermediate_size", shape.intermediate},
            {"num_hidden_layers", shape.layers},     {"num_attention_heads", shape.heads},
            {"num_key_value_heads", shape.kv_heads}, {"head_dim", shape.head_dim},
            {"max_position_embeddings", 256},        {"rms_norm_eps", 1e-6},
            {"tie_word_embeddings", shape.tied}};
  if (gemma) {
    config.update({{"query_pre_attn_scalar", shape.head_dim}, {"sliding_window", 5}});
  } else {
    config["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 10000.0}};
  }
  if (shape.architecture == "mistral") config["sliding_window"] = nullptr;
  add("model.embed_tokens.weight", {shape.vocab, shape.hidden}, shape.tied ? 0.1f : 0.5f);
  for (int64_t i = 0; i < shape.layers; ++i) add_layer(i);
  add("model.norm.weight", {shape.hidden}, 0.1f);
  if (!shape.tied) add("lm_head.weight", {shape.vocab, shape.hidden}, 0.2f);
}

void TinyModel::add(const std::string& name, const Shape& dims, float deviation) {
  std::mt19937 source(seed_ * 1000 + static_cast<uint32_t>(weights.size()));
  std::normal_distribution<float> normal(0.0f, deviation);
  Values& weight = weights[name];
  weight.dims = dims;
  const bool norm = name.find("norm") != std::string::npos && !is_gemma(shape_);
  for (int64_t i = 0; i < dims.elements(); ++i) weight.values.push_back(normal(source) + (norm ? 1.0f : 0.0f));
}

void TinyModel::add_layer(int64_t index) {
  const TinyShape& s = shape_;
  const std::string root = "model.layers." + std::to_string(index) + ".";
  const auto matrix = [&](const char* name, int64_t rows, int64_t cols) {
    add(root + name + ".weight", {rows, cols}, 1.0f / std::sqrt(static_cast<float>(cols)));
  };
  matrix("self_attn.q_proj", s.heads * s.head_dim, s.hidden);
  matrix("self_attn.k_proj", s.kv_heads * s.head_dim, s.hidden);
  matrix("self_attn.v_proj", s.kv_heads * s.head_dim, s.hidden);
  matrix("self_attn.o_proj", s.hidden, s.heads * s.head_dim);
  matrix("mlp.gate_proj", s.intermediate, s.hidden);
  matrix("mlp.up_proj", s.intermediate, s.hidden);
  matrix("mlp.down_proj", s.hidden, s.intermediate);
  std::vector<std::string> norms{"input_layernorm", "post_attention_layernorm"};
  if (is_gemma(s)) {
    norms.insert(norms.end(), {"pre_feedforward_layernorm", "post_feedforward_layernorm"});
  }
  for (const std::string& norm : norms) add(root + norm + ".weight", {s.hidden}, 0.1f);
  if (s.architecture == "gemma3_text" || s.architecture == "qwen3") {
    add(root + "self_attn.q_norm.weight", {s.head_dim}, 0.1f);
    add(root + "self_attn.k_norm.weight", {s.head_dim}, 0.1f);
  }
  if (s.architecture == "qwen2") {
    add(root + "self_attn.q_proj.bias", {s.heads * s.head_dim}, 0.1f);
    add(root + "self_attn.k_proj.bias", {s.kv_heads * s.head_dim}, 0.1f);
    add(root + "self_attn.v_proj.bias", {s.kv_heads * s.head_dim}, 0.1f);
  }
}

void TinyModel::round_to(DType half) {
  for (auto& [name, weight] : weights) {
    const auto bytes = stored_bytes(weight.values, half);
    dequantize_row(half, bytes.data(), weight.values.data(), static_cast<int64_t>(weight.values.size()));
  }
}

void TinyModel::write_hf(const std::filesystem::path& folder, DType stored) const {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config.dump(2);
  std::map<std::string, std::vector<std::byte>> bytes;
  std::vector<NamedTensor> tensors;
  for (const auto& [name, weight] : weights) {
    bytes[name] = stored_bytes(weight.values, stored);
    tensors.push_back({name, stored, weight.dims, bytes[name]});
  }
  write_safetensors(folder / "model.safetensors", tensors);
}

void TinyModel::write_gguf(const std::filesystem::path& path, DType matrices) const {
  const bool gemma = is_gemma(shape_), gemma3 = shape_.architecture == "gemma3_text",
             llama = shape_.architecture == "llama";
  const std::string architecture = gemma3 ? "gemma3" : shape_.architecture;
  GgufWriter writer;
  writer.set("general.architecture", architecture);
  const auto set = [&](const char* key, int64_t value) {
    writer.set(architecture + "." + key, static_cast<uint32_t>(value));
  };
  set("block_count", shape_.layers);
  set("embedding_length", shape_.hidden);
  set("feed_forward_length", shape_.intermediate);
  set("context_length", 256);
  set("attention.head_count", shape_.heads);
  set("attention.head_count_kv", shape_.kv_heads);
  set("attention.key_length", shape_.head_dim);
  set("attention.value_length", shape_.head_dim);
  if (llama) set("rope.dimension_count", shape_.head_dim);
  if (gemma) set("attention.sliding_window", 5);
  writer.set(architecture + ".attention.layer_norm_rms_epsilon", 1e-6f);
  writer.set(architecture + ".rope.freq_base", gemma3 ? 1e6f : 10000.0f);
  for (const auto& [name, weight] : weights) {
    const bool matrix = weight.dims.rank() == 2;
    std::vector<float> values = weight.values;
    if (llama && (name.find("q_proj") != std::string::npos || name.find("k_proj") != std::string::npos)) {
      values = paired_rows(weight, shape_.head_dim);
    }
    if (gemma && name.find("norm") != std::string::npos) {
      for (float& value : values) value += 1.0f;
    }
    const DType type = matrix ? matrices : DType::f32;
    writer.add_tensor(gguf_name(name, gemma), type, weight.dims, stored_bytes(values, type));
  }
  writer.write(path);
}

std::unique_ptr<CausalLm> load(Context& ctx, const std::filesystem::path& path) {
  ModelRegistry registry;
  models::register_all(registry);
  return registry.load_causal_lm(ctx, open_model(path));
}

std::vector<float> logits_of(Context& ctx, const CausalLm& model, const std::vector<int32_t>& tokens) {
  const Tensor logits = model.forward(ctx, Batch::single(tokens), nullptr);
  const auto values = logits.span<float>();
  return {values.begin(), values.end()};
}

std::vector<int32_t> random_tokens(int64_t count, int64_t vocab, uint32_t seed) {
  std::mt19937 source(seed);
  std::uniform_int_distribution<int32_t> any(0, static_cast<int32_t>(vocab) - 1);
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  for (int32_t& token : tokens) token = any(source);
  return tokens;
}

}  // namespace diptych::testing
