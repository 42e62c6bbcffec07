// Joint attention in which each place of the image sees itself and the text, but no other place: what perturbs a
// multimodal transformer (Ahn et al. 2024; diffusers' PAGJointAttnProcessor2_0).
#pragma once

#include <vector>

#include "engine/ops/joint_attention.h"

namespace diptych::models {

// image and text as in joint_attention. {[rows * pixels, width], [rows * texts, width], empty without queries}: the
// text sees everything, as it always does.
std::vector<Tensor> lone_joint_attention(Context& ctx, const AttentionStream& image, const AttentionStream& text,
                                         int64_t rows);

// The same in the rows from `first` on; the others are joined as usual.
std::vector<Tensor> perturbed_joint_attention(Context& ctx, const AttentionStream& image, const AttentionStream& text,
                                              int64_t rows, int64_t first);

}  // namespace diptych::models
