// Rotary position embedding (Su et al. 2021) with the scalings in use.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

enum class RopeStyle {
  half,         // pairs (i, i + rotary_dim / 2): Hugging Face checkpoints, GGUF "neox"
  interleaved,  // pairs (2i, 2i + 1): GGUF llama, whose q and k rows are permuted to fit
};

// Angles are position * inverse_frequencies[i]; cos and sin are multiplied by `magnitude` (yarn, longrope).
struct Rope {
  std::vector<float> inverse_frequencies;  // rotary_dim / 2
  float magnitude = 1.0f;
  RopeStyle style = RopeStyle::half;

  int64_t rotary_dim() const { return 2 * static_cast<int64_t>(inverse_frequencies.size()); }
};

// Cosines and sines of a batch's positions, computed once per forward and shared by its layers.
struct RopeAngles {
  Tensor cos, sin;  // f32 [tokens, rotary_dim / 2], times the magnitude
  RopeStyle style = RopeStyle::half;
};
RopeAngles rope_angles(Context& ctx, std::span<const int32_t> positions, const Rope& rope);

// Positions along several axes, as image models have it: the first dims[0] values of a head turn with the position
// along the first axis, the next dims[1] with that along the second, …; frequencies theta^(-2i / dims[axis]).
struct AxialRope {
  std::vector<int64_t> dims;  // even
  double theta = 10000;
  RopeStyle style = RopeStyle::interleaved;

  int64_t rotary_dim() const {
    int64_t sum = 0;
    for (const int64_t dim : dims) sum += dim;
    return sum;
  }
};
// positions [tokens, axes]
RopeAngles axial_rope_angles(Context& ctx, std::span<const float> positions, const AxialRope& rope);

// x [tokens, heads, head_dim] f32, rows of tokens may be strided; the first rotary_dim values of each head turn, the
// rest pass. Of angles with fewer tokens, which divide those of x, rows are taken in turn: images of one size share
// them.
Tensor rope(Context& ctx, const Tensor& x, const RopeAngles& angles);

}  // namespace diptych
