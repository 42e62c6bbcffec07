// Streamed weights (StreamedMatrix) brought to memory for one use.
#pragma once

#include "engine/ops/linear.h"

namespace diptych {

bool is_streamed(const Linear& layer);

// The same with all of its matrices in memory, for as long as the result lives.
Linear in_memory(Context& ctx, const Linear& layer);
Weight in_memory(Context& ctx, const Weight& weight);
// Of a table, whose rows `ids` are looked up: they alone, one behind the other, where that is less than the whole. What
// a row is called then, is put in the place of its number.
Weight rows_in_memory(Context& ctx, const Weight& table, std::vector<int32_t>& ids);

}  // namespace diptych
