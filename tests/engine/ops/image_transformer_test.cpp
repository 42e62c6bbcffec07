// Ops of diffusion transformers: conditions, patches, positions along several axes, streams that attend together.
#include <gtest/gtest.h>

#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
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
using testing::tensor_of;
using testing::values_of;

TEST(Modulate, EachImageHasItsOwnCondition) {
  Context ctx(cpu_device, 2);
  const int64_t images = 3, tokens = 5, n = 37;
  const Tensor x = tensor_of(ctx, {images * tokens, n}, random_values(images * tokens * n, 1)),
               y = tensor_of(ctx, {images * tokens, n}, random_values(images * tokens * n, 2)),
               parts = tensor_of(ctx, {images, 3 * n}, random_values(images * 3 * n, 3));
  const Tensor shift = parts.slice(1, 0, n), scale = parts.slice(1, n, 2 * n), gate = parts.slice(1, 2 * n, 3 * n);
  const auto normed = values_of(layer_norm(ctx, x, {}, {}, 1e-6f));
  const auto modulated = values_of(layer_norm_modulate(ctx, x, scale, shift, 1e-6f));
  const auto gated = values_of(gated_add(ctx, x, gate, y));
  for (int64_t t = 0; t < images * tokens; ++t) {
    const float* condition = parts.data<float>() + t / tokens * 3 * n;
    for (int64_t c = 0; c < n; ++c) {
      const auto i = static_cast<size_t>(t * n + c);
      ASSERT_NEAR(modulated[i], normed[i] * (1 + condition[n + c]) + condition[c], 2e-6);
      ASSERT_NEAR(gated[i], x.data<float>()[i] + condition[2 * n + c] * y.data<float>()[i], 2e-6);
    }
  }
}

TEST(Modulate, DependsNeitherOnNeighboursNorOnThreads) {
  const int64_t images = 4, tokens = 70, n = 96;
  const auto x = random_values(images * tokens * n, 1), parts = random_values(images * 2 * n, 2);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const Tensor tx = tensor_of(ctx, {images * tokens, n}, x), tp = tensor_of(ctx, {images, 2 * n}, parts);
    const auto all = values_of(layer_norm_modulate(ctx, tx, tp.slice(1, 0, n), tp.slice(1, n, 2 * n), 1e-6f));
    if (first.empty()) first = all;
    EXPECT_EQ(all, first);
    const Tensor one = tp.slice(0, 2, 3);
    const auto alone = values_of(layer_norm_modulate(ctx, tx.slice(0, 2 * tokens, 3 * tokens), one.slice(1, 0, n),
                                                     one.slice(1, n, 2 * n), 1e-6f));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), first.begin() + 2 * tokens * n));
  }
}

TEST(Patch, ValuesStandInTheWeightsOrder) {
  Context ctx(cpu_device, 2);
  std::vector<float> counted(2 * 3 * 4 * 6);
  for (size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<float>(i);
  const Tensor image = tensor_of(ctx, {2, 3, 4, 6}, counted);
  for (const PatchOrder order : {PatchOrder::channels_first, PatchOrder::channels_last}) {
    const PatchForm form{.side = 2, .order = order};
    const Tensor tokens = patchify(ctx, image, form);
    ASSERT_EQ(tokens.shape(), (Shape{2 * 2 * 3, 12}));
    for (int64_t row = 0; row < 2; ++row) {
      for (int64_t line = 0; line < 2; ++line) {
        for (int64_t column = 0; column < 3; ++column) {
          for (int64_t c = 0; c < 3; ++c) {
            for (int64_t y = 0; y < 2; ++y) {
              for (int64_t x = 0; x < 2; ++x) {
                const int64_t value = order == PatchOrder::channels_first ? c * 4 + y * 2 + x : (y * 2 + x) * 3 + c;
                const int64_t pixel = ((row * 3 + c) * 4 + line * 2 + y) * 6 + column * 2 + x;
                ASSERT_EQ(tokens.data<float>()[((row * 2 + line) * 3 + column) * 12 + value], pixel);
              }
            }
          }
        }
      }
    }
    EXPECT_EQ(values_of(unpatchify(ctx, tokens, image.shape(), form)), counted);
  }
}

TEST(Patch, OfVideoIsUndone) {
  Context ctx(cpu_device, 2);
  const auto values = random_values(2 * 3 * 4 * 6 * 2, 1);
  const Tensor video = tensor_of(ctx, {2, 3, 4, 6, 2}, values);
  for (const int64_t frames : {1, 2}) {
    const PatchForm form{.side = 2, .frames = frames, .order = PatchOrder::channels_last};
    const Tensor tokens = patchify(ctx, video, form);
    ASSERT_EQ(tokens.shape(), (Shape{2 * 4 / frames * 3, 3 * 4 * frames}));
    EXPECT_EQ(values_of(unpatchify(ctx, tokens, video.shape(), form)), values);
  }
}

TEST(Join, ConcatAndContiguousUndoEachOther) {
  Context ctx(cpu_device, 2);
  const Tensor x = tensor_of(ctx, {2, 3, 5}, random_values(30, 1)), y = tensor_of(ctx, {2, 4, 5}, random_values(40, 2));
  const Tensor joined = concat(ctx, x, y, 1);
  ASSERT_EQ(joined.shape(), (Shape{2, 7, 5}));
  EXPECT_EQ(values_of(contiguous(ctx, joined.slice(1, 0, 3))), values_of(x));
  EXPECT_EQ(values_of(contiguous(ctx, joined.slice(1, 3, 7))), values_of(y));
  EXPECT_EQ(contiguous(ctx, x).storage(), x.storage());
  const Tensor columns = concat(ctx, x.reshape({6, 5}), y.reshape({10, 4}).slice(0, 0, 6), 1);
  EXPECT_EQ(values_of(contiguous(ctx, columns.slice(1, 0, 5))), values_of(x));
}

TEST(Elementwise, RowsAreAddedInTurn) {
  Context ctx(cpu_device, 2);
  const Tensor sum =
      add_rows(ctx, tensor_of(ctx, {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), tensor_of(ctx, {2, 2}, {10, 20, 30, 40}));
  EXPECT_EQ(values_of(sum), (std::vector<float>{11, 22, 33, 44, 15, 26, 37, 48}));
}

TEST(AxialRope, EachAxisTurnsItsShareAndImagesShareAngles) {
  Context ctx(cpu_device, 2);
  const AxialRope form{.dims = {2, 4}, .theta = 256};
  const std::vector<float> positions{0, 5, 3, -2, 1.5f, 7};  // 3 tokens, 2 axes
  const auto x = random_values(2 * 3 * 6, 1);                // 2 images, 1 head
  const auto y = values_of(rope(ctx, tensor_of(ctx, {6, 1, 6}, x), axial_rope_angles(ctx, positions, form)));
  const double frequencies[] = {1, 1, 1.0 / 16};
  for (size_t t = 0; t < 6; ++t) {
    for (size_t i = 0; i < 3; ++i) {
      const double angle = static_cast<double>(positions[t % 3 * 2 + (i == 0 ? 0 : 1)]) * frequencies[i];
      const float *in = &x[t * 6 + 2 * i], *out = &y[t * 6 + 2 * i];
      EXPECT_NEAR(out[0], in[0] * std::cos(angle) - in[1] * std::sin(angle), 2e-6);
      EXPECT_NEAR(out[1], in[1] * std::cos(angle) + in[0] * std::sin(angle), 2e-6);
    }
  }
}

TEST(LinearAttention, AgreesWithItsDefinitionAndDependsNotOnThreads) {
  const int64_t rows = 2, tokens = 300, heads = 3, head_dim = 10, width = heads * head_dim;
  const auto values = random_values(rows * tokens * 3 * width, 1);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const Tensor qkv = tensor_of(ctx, {rows * tokens, 3 * width}, values);
    const auto part = [&](int64_t i) { return qkv.slice(1, i * width, (i + 1) * width).split_last(heads); };
    const auto y = values_of(relu_linear_attention(ctx, {part(0), part(1), part(2)}, rows));
    if (first.empty()) first = y;
    EXPECT_EQ(y, first);
    const Tensor second = qkv.slice(0, tokens, 2 * tokens);
    const auto own = [&](int64_t i) { return second.slice(1, i * width, (i + 1) * width).split_last(heads); };
    const auto alone = values_of(relu_linear_attention(ctx, {own(0), own(1), own(2)}, 1));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), first.begin() + tokens * width));
  }
  const auto at = [&](int64_t token, int64_t part, int64_t channel) {
    return static_cast<double>(values[static_cast<size_t>(token * 3 * width + part * width + channel)]);
  };
  for (const int64_t token : {int64_t{0}, int64_t{299}, int64_t{450}}) {
    const int64_t begin = token / tokens * tokens;
    for (int64_t channel = 0; channel < width; ++channel) {
      const int64_t head = channel / head_dim * head_dim;
      double sum = 0, norm = 1e-15;
      for (int64_t other = begin; other < begin + tokens; ++other) {
        double weight = 0;
        for (int64_t d = head; d < head + head_dim; ++d)
          weight += std::max(at(token, 0, d), 0.0) * std::max(at(other, 1, d), 0.0);
        sum += weight * at(other, 2, channel);
        norm += weight;
      }
      ASSERT_NEAR(first[static_cast<size_t>(token * width + channel)], sum / norm, 1e-5);
    }
  }
}

TEST(Gates, MayStandBehind) {
  Context ctx(cpu_device, 2);
  const auto x = random_values(3 * 14, 1);
  const Tensor up_gate = tensor_of(ctx, {3, 14}, x);
  const Tensor gate_up =
      concat(ctx, contiguous(ctx, up_gate.slice(1, 7, 14)), contiguous(ctx, up_gate.slice(1, 0, 7)), 1);
  EXPECT_EQ(values_of(gated_activation_behind(ctx, up_gate, Activation::silu)), values_of(swiglu(ctx, gate_up)));
}

TEST(JointAttention, IsAttentionOverTheStreamsOneBehindTheOther) {
  Context ctx(cpu_device, 2);
  const int64_t rows = 2, first = 40, second = 7, heads = 3, head_dim = 20;
  const auto stream = [&](int64_t tokens, uint32_t seed) {
    const auto part = [&](uint32_t s) {
      return tensor_of(ctx, {rows * tokens, heads, head_dim}, random_values(rows * tokens * heads * head_dim, s));
    };
    return AttentionStream{part(seed), part(seed + 1), part(seed + 2)};
  };
  const AttentionStream streams[] = {stream(first, 1), stream(second, 4)};
  const auto joined = [&](const Tensor& x, const Tensor& y) {
    return concat(ctx, x.reshape({rows, first, heads * head_dim}), y.reshape({rows, second, heads * head_dim}), 1)
        .reshape({rows * (first + second), heads, head_dim});
  };
  for (const std::vector<int64_t>& lengths : {std::vector<int64_t>{}, {7, 2}}) {
    const auto apart = joint_attention(ctx, streams, rows, lengths);
    KeyValues kv{joined(streams[0].k, streams[1].k), joined(streams[0].v, streams[1].v), 0, {}};
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t begin = row * (first + second);
      kv.sequences.push_back({.query_begin = begin,
                              .query_end = begin + first + second,
                              .keys = first + (lengths.empty() ? second : lengths[static_cast<size_t>(row)]),
                              .blocks = {},
                              .contiguous_begin = begin});
    }
    const Tensor whole = attention(ctx, joined(streams[0].q, streams[1].q), kv, {.causal = false})
                             .reshape({rows, first + second, heads * head_dim});
    EXPECT_EQ(values_of(apart[0]), values_of(contiguous(ctx, whole.slice(1, 0, first))));
    EXPECT_EQ(values_of(apart[1]), values_of(contiguous(ctx, whole.slice(1, first, first + second))));
  }
  const AttentionStream silent[] = {streams[0], {{}, streams[1].k, streams[1].v}};
  const auto some = joint_attention(ctx, silent, rows);
  EXPECT_EQ(values_of(some[0]), values_of(joint_attention(ctx, streams, rows)[0]));
  EXPECT_FALSE(some[1]);
}

}  // namespace
}  // namespace diptych
