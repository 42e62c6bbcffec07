// A part of what must be saved to go on bit for bit, besides the parameters.
#pragma once

#include <string>

#include "engine/core/tensor.h"

namespace diptych::train {

struct StateTensor {
  std::string name;
  Tensor value;  // shares the memory of what it belongs to; f32, u8 (codes), i64 or f64 (counters)
};

}  // namespace diptych::train
