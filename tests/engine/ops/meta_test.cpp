// The meta device runs the same code: cost and memory must equal what the cpu run declares and allocates.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/model/kv_cache.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/linear_attention.h"
#include "engine/ops/modulate.h"
#include "engine/ops/norm.h"
#include "engine/ops/patch.h"
#include "engine/ops/rope.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych {
namespace {

using testing::random_values;
using testing::stored_matrix;

struct CountingTracer : Tracer {
  std::map<std::string, std::pair<int, double>> ops;  // calls and bytes
  void op(std::string_view name, const Cost& cost) override {
    auto& [calls, bytes] = ops[std::string(name)];
    ++calls;
    bytes += cost.bytes();
  }
};

// One decoder layer with every op, mixed weight types and a paged cache.
void run_layer(Context& ctx) {
  const int64_t tokens = 9, hidden = 64, heads = 4, kv_heads = 2, head_dim = 16, ffn = 96;
  const auto weight = [&](DType dtype, int64_t rows, int64_t cols) {
    const auto matrix = stored_matrix(dtype, rows, cols, 1);
    return RowBlock{pack_weight(ctx, "w", dtype, rows, cols, matrix.bytes.data()), {}};
  };
  const auto filled = [&](const Shape& shape) {
    Tensor tensor = ctx.output(shape, DType::f32, Owner::weights);
    if (!ctx.is_meta()) std::ranges::copy(random_values(shape.elements(), 2), tensor.data<float>());
    return tensor;
  };
  const Linear qkv{{weight(DType::q4_1, 64, hidden), weight(DType::q8_0, 32, hidden), weight(DType::f16, 32, hidden)}},
      out{{weight(DType::f32, hidden, 64)}},
      gate_up{{weight(DType::q5_0, ffn, hidden), weight(DType::q5_0, ffn, hidden)}},
      down{{weight(DType::q8_0, hidden, ffn)}};
  const Tensor norm = filled({hidden});
  KvCache cache(ctx, {.layers = 1, .kv_heads = kv_heads, .head_dim = head_dim}, 2);
  const KvSequence sequence{.blocks = {0, 1}};
  Batch batch = Batch::single({1, 2, 3, 4, 5, 6, 7, 8, 9});
  batch.kv = {&sequence};
  const Weight table = qkv.blocks[1].weight;

  Tensor x = embedding(ctx, table, batch.tokens, 2.0f);
  Tensor h = rms_norm(ctx, x, norm, 1e-5f);
  const Tensor projected = linear(ctx, h, qkv);
  const RopeAngles angles = rope_angles(ctx, batch.positions, {.inverse_frequencies = std::vector<float>(8, 0.1f)});
  const Tensor q = rope(ctx, projected.slice(1, 0, 64).split_last(heads), angles),
               k = rope(ctx, projected.slice(1, 64, 96).split_last(kv_heads), angles);
  const Tensor a =
      attention(ctx, q, attend_to(ctx, &cache, 0, batch, k, projected.slice(1, 96, 128).split_last(kv_heads)), {});
  std::tie(x, h) = add_rms_norm(ctx, x, linear(ctx, a, out), norm, 1e-5f);
  x = add(ctx, x, linear(ctx, swiglu(ctx, linear(ctx, h, gate_up)), down));
  x = soft_cap(ctx, gather_rows(ctx, x, std::vector<int32_t>{static_cast<int32_t>(tokens - 1)}), 30.0f);
  EXPECT_EQ(x.shape(), (Shape{1, hidden}));
}

// The ops of image transformers: patches, conditions, streams.
void run_image_block(Context& ctx) {
  const int64_t rows = 2, tokens = 12, width = 24;
  const auto filled = [&](const Shape& shape) {
    Tensor tensor = ctx.output(shape);
    if (!ctx.is_meta()) std::ranges::copy(random_values(shape.elements(), 3), tensor.data<float>());
    return tensor;
  };
  const PatchForm form{.side = 2};
  Tensor x = patchify(ctx, filled({rows, 6, 6, 8}), form);  // [rows * tokens, width]
  x = add_rows(ctx, x, filled({tokens, width}));
  const Tensor parts = filled({rows, 3 * width}), text = filled({rows * 5, width});
  const auto part = [&](int64_t i) { return parts.slice(1, i * width, (i + 1) * width); };
  const Tensor h = layer_norm_modulate(ctx, x, part(0), part(1), 1e-6f);
  const RopeAngles angles = axial_rope_angles(ctx, std::vector<float>(tokens * 2, 1.0f), {.dims = {2, 4}});
  const Tensor q = rope(ctx, h.split_last(4), angles);
  const AttentionStream streams[] = {{q, q, h.split_last(4)}, {{}, text.split_last(4), text.split_last(4)}};
  x = gated_add(ctx, x, part(2), joint_attention(ctx, streams, rows)[0]);
  x = add(ctx, x, relu_linear_attention(ctx, {q, q, q}, rows));
  const Tensor whole = concat(ctx, x.reshape({rows, tokens, width}), text.reshape({rows, 5, width}), 1);
  x = contiguous(ctx, whole.slice(1, 0, tokens)).reshape({rows * tokens, width});
  unpatchify(ctx, x, {rows, 6, 6, 8}, form);
}

class MetaOf : public ::testing::TestWithParam<void (*)(Context&)> {};

TEST_P(MetaOf, DeclaresAndAllocatesWhatTheCpuDoes) {
  Context cpu(cpu_device, 2), meta(meta_device, 2);
  CountingTracer cpu_ops, meta_ops;
  cpu.tracer = &cpu_ops;
  meta.tracer = &meta_ops;
  GetParam()(cpu);
  GetParam()(meta);
  EXPECT_EQ(cpu_ops.ops, meta_ops.ops);
  EXPECT_EQ(cpu.cost().flops, meta.cost().flops);
  EXPECT_EQ(cpu.cost().bytes(), meta.cost().bytes());
  const MemoryUse a = cpu.arena()->use(), b = meta.arena()->use();
  EXPECT_EQ(a.peak_bytes, b.peak_bytes);
  EXPECT_EQ(a.total_peak_bytes, b.total_peak_bytes);
  EXPECT_GT(b.total_peak_bytes, 0);
}

INSTANTIATE_TEST_SUITE_P(Blocks, MetaOf, ::testing::Values(run_layer, run_image_block));

TEST(Meta, HoldsNoMemory) {
  Context meta(meta_device, 1);
  const Tensor huge = meta.output({1 << 20, 1 << 20});  // 4 TiB
  EXPECT_EQ(huge.raw(), nullptr);
  EXPECT_EQ(meta.arena()->use().total_bytes, int64_t{4} << 40);
}

}  // namespace
}  // namespace diptych
