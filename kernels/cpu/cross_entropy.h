// Cross entropy of rows of logits and its gradient, f32.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// Row: logits [n] become factor * (softmax(logits) - one at `label`). Returns factor * (log sum e^logits -
// logits[label]).
float softmax_cross_entropy(int32_t label, float factor, int64_t n, float* logits);

}  // namespace diptych::kernels::cpu
