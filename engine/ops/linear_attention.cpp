#include "engine/ops/linear_attention.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor relu_linear_attention(Context& ctx, const AttentionStream& stream, int64_t rows) {
  const Tensor& q = stream.q;
  assert(q.shape().rank() == 3 && q.shape() == stream.k.shape() && q.shape() == stream.v.shape() &&
         q.dim(0) % rows == 0);
  const int64_t tokens = q.dim(0) / rows, heads = q.dim(1), head_dim = q.dim(2);
  const int64_t chunks = (tokens + linear_attention_chunk - 1) / linear_attention_chunk;
  const int64_t state = head_dim * (head_dim + 1);
  const auto elements = static_cast<double>(q.elements());
  const bool recorded = ctx.declare_differentiable("relu_linear_attention",
                                                   {.flops = 4 * elements * static_cast<double>(head_dim + 1),
                                                    .read_bytes = 12 * elements,
                                                    .written_bytes = 4 * elements},
                                                   {&q, &stream.k, &stream.v});
  Tensor y = ctx.output({q.dim(0), heads * head_dim});
  Tensor partial = ctx.output({rows * heads, chunks, state}, DType::f32, Owner::workspace);
  Tensor states = ctx.output({rows * heads, state}, DType::f32, Owner::workspace);
  kernel_table(ctx).linear_attention(ctx.pool(), stream, rows, partial, states, y);
  if (recorded) record_linear_attention(ctx, stream, rows, y);
  return y;
}

}  // namespace diptych
