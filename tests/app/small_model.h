// A model file of a few kilobytes, whole in every respect but its usefulness.
#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/io/formats/gguf_writer.h"

namespace diptych::app {

// Each tensor's value at an index.
using SmallValues = float (*)(const std::string& name, size_t index);

inline float wave(const std::string&, size_t index) {
  return 0.05f * std::sin(static_cast<float>(index));
}

// Norms of one, and matrices without a pattern: what training can begin from.
inline float untrained(const std::string& name, size_t index) {
  if (name.ends_with("norm.weight")) return 1;
  uint64_t bits = (index + 1) * 0x9e3779b97f4a7c15u + std::hash<std::string>()(name);
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return 0.2f * (static_cast<float>((bits ^ (bits >> 31)) >> 40) / static_cast<float>(1 << 24) - 0.5f);
}

inline void write_small_model(const std::filesystem::path& path, const std::string& architecture = "llama",
                              SmallValues value = wave) {
  constexpr int64_t hidden = 64, feed_forward = 96, vocabulary = 260, heads = 4;
  GgufWriter writer;
  const std::string prefix = architecture + ".";
  writer.set("general.architecture", architecture);
  writer.set("general.name", "Small");
  writer.set(prefix + "context_length", uint32_t{256});
  writer.set(prefix + "embedding_length", static_cast<uint32_t>(hidden));
  writer.set(prefix + "block_count", uint32_t{1});
  writer.set(prefix + "feed_forward_length", static_cast<uint32_t>(feed_forward));
  writer.set(prefix + "attention.head_count", static_cast<uint32_t>(heads));
  writer.set(prefix + "attention.head_count_kv", static_cast<uint32_t>(heads));
  writer.set(prefix + "attention.layer_norm_rms_epsilon", 1e-5f);
  writer.set(prefix + "rope.dimension_count", static_cast<uint32_t>(hidden / heads));
  writer.set(prefix + "vocab_size", static_cast<uint32_t>(vocabulary));
  // SentencePiece with every byte: <unk>, <s>, </s>, the bytes, a space.
  std::vector<std::string> tokens{"<unk>", "<s>", "</s>"};
  std::vector<float> scores{0, 0, 0};
  std::vector<int32_t> types{2, 3, 3};
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", byte);
    tokens.emplace_back(name);
    scores.push_back(0);
    types.push_back(6);
  }
  tokens.emplace_back("\xe2\x96\x81");
  scores.push_back(-1);
  types.push_back(1);
  writer.set("tokenizer.ggml.model", "llama");
  writer.set("tokenizer.ggml.tokens", std::span<const std::string>(tokens));
  writer.set("tokenizer.ggml.scores", std::span<const float>(scores));
  writer.set("tokenizer.ggml.token_type", std::span<const int32_t>(types));
  writer.set("tokenizer.ggml.bos_token_id", uint32_t{1});
  writer.set("tokenizer.ggml.eos_token_id", uint32_t{2});
  const auto add = [&](const std::string& name, const Shape& dims) {
    writer.add_tensor(name, DType::f32, dims, [count = dims.elements(), name, value] {
      std::vector<float> values(static_cast<size_t>(count));
      for (size_t i = 0; i < values.size(); ++i) values[i] = value(name, i);
      const auto bytes = std::as_bytes(std::span(values));
      return std::vector<std::byte>(bytes.begin(), bytes.end());
    });
  };
  add("token_embd.weight", {vocabulary, hidden});
  add("output_norm.weight", {hidden});
  add("blk.0.attn_norm.weight", {hidden});
  for (const char* name : {"q", "k", "v", "output"}) {
    add(std::string("blk.0.attn_") + name + ".weight", {hidden, hidden});
  }
  add("blk.0.ffn_norm.weight", {hidden});
  add("blk.0.ffn_gate.weight", {feed_forward, hidden});
  add("blk.0.ffn_up.weight", {feed_forward, hidden});
  add("blk.0.ffn_down.weight", {hidden, feed_forward});
  writer.write(path);
}

}  // namespace diptych::app
