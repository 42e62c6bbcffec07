// Streamed weights (StreamedMatrix) brought to memory for one use.
#pragma once

#include "engine/ops/linear.h"

namespace diptych {

bool is_streamed(const Linear& layer);

// The same with all of its matrices in memory, for as long as the result lives.
Linear in_memory(Context& ctx, const Linear& layer);
Weight in_memory(Context& ctx, const Weight& weight);

}  // namespace diptych
