// Attention over several streams at once, as MMDiT joins text and image (Esser et al. 2024): each has projections of
// its own, all see the keys of all. No activations are concatenated: keys are stored side by side as they come.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

struct AttentionStream {
  Tensor q;     // [rows * tokens, heads, head_dim]; empty: nothing of this stream asks
  Tensor k, v;  // the same, rows of tokens may be strided; empty: it only asks (cross-attention)
};

// For each stream [rows * tokens, heads * head_dim], or empty without queries. Keys stand in the order of the streams;
// of the last one only the first lengths[row] count (empty: all).
std::vector<Tensor> joint_attention(Context& ctx, std::span<const AttentionStream> streams, int64_t rows,
                                    std::span<const int64_t> lengths = {});

// Of one stream: [rows * tokens, heads * head_dim].
inline Tensor self_attention(Context& ctx, const AttentionStream& stream, int64_t rows,
                             std::span<const int64_t> lengths = {}) {
  return joint_attention(ctx, std::span(&stream, 1), rows, lengths).front();
}

}  // namespace diptych
