// Weights packed some rows at a time: what they are packed from need never stand in memory as a whole.
#pragma once

#include <functional>
#include <string>

#include "engine/ops/conv.h"
#include "engine/ops/linear.h"

namespace diptych {

// Rows [begin, end) of a matrix as the file has them, side by side; good until the next call. Rows are asked for in
// their order, each once. Empty on meta.
using RowSource = std::function<const std::byte*(int64_t begin, int64_t end)>;

// As pack_weight and pack_conv2d, whose rows are output channels. `owner`: workspace where it is packed for one use:
// its memory is then that of the next.
Weight pack_weight_in_parts(Context& ctx, std::string name, DType dtype, int64_t rows, int64_t cols,
                            const RowSource& source, Owner owner = Owner::weights);
Conv2d pack_conv2d_in_parts(Context& ctx, std::string name, DType dtype, const ConvShape& shape,
                            const RowSource& source, const Tensor& bias, Owner owner = Owner::weights);

// What gives rows of blocks in place of `source`'s plain ones, for a matrix that is packed in the type `to`. It must
// not outlive the context. Room for what is asked for at once is taken here.
RowSource quantized_source(Context& ctx, RowSource source, DType from, DType to, int64_t rows, int64_t cols);

// Rows that are asked for at once.
int64_t rows_of_part(DType dtype, int64_t rows, int64_t cols);

}  // namespace diptych
