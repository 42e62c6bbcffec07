// What is trained: a master tensor, its gradient, and how the optimizer treats it.
#pragma once

#include <string>
#include <vector>

#include "engine/core/tensor.h"

namespace diptych::train {

struct Parameter {
  std::string name;                // unique; the name that checkpoints and exports use
  Tensor value;                    // f32 or bf16, contiguous; written in place by the optimizer
  Tensor gradient;                 // f32, of the same shape; the sum over micro-batches
  float learning_rate_factor = 1;  // LoRA+: larger for B
  bool weight_decay = true;
};

using Parameters = std::vector<Parameter>;

}  // namespace diptych::train
