#include <span>
#include <tuple>

#include "engine/core/error.h"
#include "engine/core/recompute.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/loss.h"
#include "engine/ops/norm.h"
#include "engine/ops/rope.h"
#include "kernels/cpu/reference/elementwise.h"
#include "kernels/cpu/reference/norm.h"
#include "kernels/cpu/reference/rope.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

namespace r = kernels::cpu::reference;
using testing::check_gradients;
using testing::Differentiable;
using testing::Doubles;
using Results = std::vector<Doubles>;

Doubles norm(const Doubles& x, const Doubles& weight, double eps) {
  const auto n = static_cast<int64_t>(weight.size());
  Doubles y(x.size());
  r::rms_norm(x.data(), n, weight.data(), 0.0, eps, n, 0, static_cast<int64_t>(x.size()) / n, y.data(), n);
  return y;
}

TEST(Gradient, RmsNorm) {
  for (const int64_t n : {5, 33}) {
    check_gradients({.shapes = {{70, n}, {n}},  // more rows than are summed together
                     .op = [](Context& ctx, auto& x) { return std::vector{rms_norm(ctx, x[0], x[1], 1e-5f)}; },
                     .reference = [](const auto& x) { return Results{norm(x[0], x[1], 1e-5f)}; }});
  }
}

// Heads of rows that hold more than them.
TEST(Gradient, RmsNormOfStridedHeads) {
  check_gradients(
      {.shapes = {{3, 4 * 10}, {10}},
       .op = [](Context& ctx,
                auto& x) { return std::vector{rms_norm(ctx, x[0].slice(1, 10, 30).split_last(2), x[1], 1e-6f)}; },
       .reference =
           [](const auto& x) {
             Doubles heads;
             for (size_t row = 0; row < 3; ++row) {
               heads.insert(heads.end(), x[0].begin() + static_cast<int64_t>(row * 40 + 10),
                            x[0].begin() + static_cast<int64_t>(row * 40 + 30));
             }
             return Results{norm(heads, x[1], 1e-6f)};
           }});
}

TEST(Gradient, AddRmsNorm) {
  check_gradients({.shapes = {{7, 24}, {7, 24}, {24}},
                   .op =
                       [](Context& ctx, auto& x) {
                         const auto [sum, normed] = add_rms_norm(ctx, x[0], x[1], x[2], 1e-5f);
                         return std::vector{sum, normed};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles sum(x[0].size());
                         std::transform(x[0].begin(), x[0].end(), x[1].begin(), sum.begin(), std::plus<>());
                         return Results{sum, norm(sum, x[2], 1e-5f)};
                       }});
}

TEST(Gradient, LayerNorm) {
  const auto reference = [](const Doubles& x, const Doubles* weight, const Doubles* bias, int64_t n) {
    Doubles y(x.size());
    r::layer_norm(x.data(), n, weight ? weight->data() : nullptr, bias ? bias->data() : nullptr, 1e-5, n, 0,
                  static_cast<int64_t>(x.size()) / n, y.data(), n);
    return Results{y};
  };
  check_gradients({.shapes = {{70, 20}, {20}, {20}},
                   .op = [](Context& ctx, auto& x) { return std::vector{layer_norm(ctx, x[0], x[1], x[2], 1e-5f)}; },
                   .reference = [&](const auto& x) { return reference(x[0], &x[1], &x[2], 20); }});
  check_gradients({.shapes = {{6, 17}},
                   .op = [](Context& ctx, auto& x) { return std::vector{layer_norm(ctx, x[0], {}, {}, 1e-5f)}; },
                   .reference = [&](const auto& x) { return reference(x[0], nullptr, nullptr, 17); }});
}

TEST(Gradient, Activations) {
  namespace k = kernels::cpu;
  const std::pair<Activation, k::Activation> all[] = {{Activation::silu, k::Activation::silu},
                                                      {Activation::gelu_tanh, k::Activation::gelu_tanh},
                                                      {Activation::gelu_erf, k::Activation::gelu_erf},
                                                      {Activation::quick_gelu, k::Activation::quick_gelu},
                                                      {Activation::relu, k::Activation::relu}};
  for (const auto& pair : all) {
    const Activation activation = pair.first;
    const k::Activation twin = pair.second;
    check_gradients({.shapes = {{3, 35}},
                     .op = [=](Context& ctx, auto& x) { return std::vector{activate(ctx, x[0], activation)}; },
                     .reference =
                         [=](const auto& x) {
                           Doubles y(x[0].size());
                           r::activate(twin, x[0].data(), static_cast<int64_t>(y.size()), y.data());
                           return Results{y};
                         },
                     .deviation = 2});
    for (const bool first : {true, false}) {
      check_gradients({.shapes = {{4, 22}},
                       .op =
                           [=](Context& ctx, auto& x) {
                             return std::vector{first ? gated_activation(ctx, x[0], activation)
                                                      : gated_activation_behind(ctx, x[0], activation)};
                           },
                       .reference =
                           [=](const auto& x) {
                             Doubles y(4 * 11);
                             for (size_t row = 0; row < 4; ++row) {
                               const double *left = x[0].data() + row * 22, *right = left + 11;
                               r::gated(twin, first ? left : right, first ? right : left, 11, y.data() + row * 11);
                             }
                             return Results{y};
                           },
                       .deviation = 2});
    }
  }
}

TEST(Gradient, Elementwise) {
  check_gradients({.shapes = {{3, 9}, {3, 9}},
                   .op =
                       [](Context& ctx, auto& x) {
                         Tensor y = scale_offset(ctx, add(ctx, x[0], x[1]), -0.7f, 2.0f);
                         return std::vector{soft_cap(ctx, transpose(ctx, y), 3.0f)};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y(27);
                         for (size_t i = 0; i < 3; ++i) {
                           for (size_t j = 0; j < 9; ++j) {
                             const double value = (x[0][i * 9 + j] + x[1][i * 9 + j]) * -0.7f + 2;
                             y[j * 3 + i] = 3 * std::tanh(value / 3);
                           }
                         }
                         return Results{y};
                       }});
  check_gradients({.shapes = {{6, 5}, {2, 5}},
                   .op = [](Context& ctx, auto& x) { return std::vector{add_rows(ctx, x[0], x[1])}; },
                   .reference =
                       [](const auto& x) {
                         Doubles y = x[0];
                         for (size_t i = 0; i < y.size(); ++i) y[i] += x[1][i % 10];
                         return Results{y};
                       }});
  const std::vector<int32_t> rows{2, 0, 2, 3};
  check_gradients({.shapes = {{4, 5}},
                   .op = [&](Context& ctx, auto& x) { return std::vector{gather_rows(ctx, x[0], rows)}; },
                   .reference =
                       [&](const auto& x) {
                         Doubles y;
                         for (const int32_t row : rows) {
                           y.insert(y.end(), x[0].begin() + row * 5, x[0].begin() + row * 5 + 5);
                         }
                         return Results{y};
                       }});
}

// One tensor used several times, and a view of it: gradients are added.
TEST(Gradient, AddsUpOverUsesAndViews) {
  check_gradients({.shapes = {{4, 6}},
                   .op =
                       [](Context& ctx, auto& x) {
                         Tensor twice = add(ctx, x[0], x[0]);
                         const std::vector<int32_t> some{1, 3};
                         Tensor part = gather_rows(ctx, twice, some);
                         return std::vector{add(ctx, part, x[0].slice(0, 2, 4))};
                       },
                   .reference =
                       [](const auto& x) {
                         Doubles y;
                         for (size_t j = 0; j < 6; ++j) y.push_back(2 * x[0][6 + j] + x[0][12 + j]);
                         for (size_t j = 0; j < 6; ++j) y.push_back(2 * x[0][18 + j] + x[0][18 + j]);
                         return Results{y};
                       }});
}

TEST(Gradient, Rope) {
  namespace k = kernels::cpu;
  for (const auto style : {RopeStyle::half, RopeStyle::interleaved}) {
    const auto twin = style == RopeStyle::half ? k::RopeStyle::half_split : k::RopeStyle::interleaved;
    const Rope turn{.inverse_frequencies = {1.0f, 0.3f, 0.1f}, .magnitude = 1.2f, .style = style};
    const std::vector<int32_t> positions{0, 5, 9};
    check_gradients({.shapes = {{3, 3 * 8}},  // two heads of eight behind one that stays out
                     .op =
                         [&](Context& ctx, auto& x) {
                           return std::vector{
                               rope(ctx, x[0].slice(1, 8, 24).split_last(2), rope_angles(ctx, positions, turn))};
                         },
                     .reference =
                         [&](const auto& x) {
                           Doubles frequencies(turn.inverse_frequencies.begin(), turn.inverse_frequencies.end()),
                               cos(9), sin(9), y(3 * 16);
                           r::rope_table(positions.data(), 0, 3, frequencies.data(), 6, static_cast<double>(1.2f),
                                         cos.data(), sin.data());
                           r::rope(twin, x[0].data() + 8, 24, 2, 8, 6, cos.data(), sin.data(), 0, 3, y.data(), 16);
                           return Results{y};
                         }});
  }
}

Doubles times(const Doubles& x, const std::vector<float>& weight, size_t rows, size_t cols) {
  Doubles y(x.size() / cols * rows);
  for (size_t t = 0; t < x.size() / cols; ++t) {
    for (size_t i = 0; i < rows; ++i) {
      for (size_t c = 0; c < cols; ++c) y[t * rows + i] += static_cast<double>(weight[i * cols + c]) * x[t * cols + c];
    }
  }
  return y;
}

// Frozen weights of every kind: the gradient goes through their exact values.
TEST(Gradient, LinearOfFrozenWeights) {
  for (const DType type : {DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_1, DType::q4_k, DType::q6_k}) {
    Context ctx(cpu_device, 2);
    const int64_t cols = 256, first_rows = 24, second_rows = 21, tokens = 9;
    const auto first = testing::stored_matrix(type, first_rows, cols, 5);
    const auto second = testing::stored_matrix(DType::f32, second_rows, cols, 6);
    Linear layer;
    layer.blocks.push_back({pack_weight(ctx, "a", type, first_rows, cols, first.bytes.data()), {}});
    layer.blocks.push_back({pack_weight(ctx, "b", DType::f32, second_rows, cols, second.bytes.data()), {}});
    const Tensor x = testing::tensor_of(ctx, {tokens, cols}, testing::random_values(tokens * cols, 1));
    const Tensor dx = zeros(ctx, x.shape());
    Tape tape;
    tape.watch(x, dx);
    ctx.tape = &tape;
    const Tensor y = linear(ctx, x, layer);
    ctx.tape = nullptr;
    const std::vector<float> dy = testing::random_values(y.elements(), 2);
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
    const std::vector<float> got = testing::values_of(dx);
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t c = 0; c < cols; ++c) {
        double sum = 0;
        for (int64_t i = 0; i < first_rows; ++i) {
          sum += static_cast<double>(dy[static_cast<size_t>(t * 45 + i)]) *
                 static_cast<double>(first.values[static_cast<size_t>(i * cols + c)]);
        }
        for (int64_t i = 0; i < second_rows; ++i) {
          sum += static_cast<double>(dy[static_cast<size_t>(t * 45 + first_rows + i)]) *
                 static_cast<double>(second.values[static_cast<size_t>(i * cols + c)]);
        }
        EXPECT_NEAR(got[static_cast<size_t>(t * cols + c)], sum, 1e-5) << dtype_name(type);
      }
    }
  }
}

// A packed weight in training: its gradient is [rows, cols] in plain order.
TEST(Gradient, LinearOfTrainedWeights) {
  for (const auto& [rows, cols] : {std::pair<int64_t, int64_t>{5, 7}, {100, 20}, {20, 100}, {130, 150}}) {
    Context ctx(cpu_device, 2);
    const int64_t tokens = 70, n = rows, k = cols;
    const std::vector<float> values = testing::random_values(n * k, 3), input = testing::random_values(tokens * k, 4);
    Linear layer;
    layer.blocks.push_back({pack_weight(ctx, "w", DType::f32, n, k, reinterpret_cast<const std::byte*>(values.data())),
                            testing::tensor_of(ctx, {n}, testing::random_values(n, 8))});
    const Tensor dw = zeros(ctx, {n, k}), db = zeros(ctx, {n});
    Tape tape;
    tape.watch(layer.blocks[0].weight.packed, dw);
    tape.watch(layer.blocks[0].bias, db);
    ctx.tape = &tape;
    const Tensor y = linear(ctx, testing::tensor_of(ctx, {tokens, k}, input), layer);
    ctx.tape = nullptr;
    const std::vector<float> dy = testing::random_values(y.elements(), 2);
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
    const std::vector<float> got = testing::values_of(dw), got_bias = testing::values_of(db);
    for (int64_t i = 0; i < n; ++i) {
      double bias = 0;
      for (int64_t c = 0; c < k; ++c) {
        double sum = 0;
        for (int64_t t = 0; t < tokens; ++t) {
          sum += static_cast<double>(dy[static_cast<size_t>(t * n + i)]) *
                 static_cast<double>(input[static_cast<size_t>(t * k + c)]);
        }
        EXPECT_NEAR(got[static_cast<size_t>(i * k + c)], sum, 1e-4) << n << " x " << k;
      }
      for (int64_t t = 0; t < tokens; ++t) bias += static_cast<double>(dy[static_cast<size_t>(t * n + i)]);
      EXPECT_NEAR(got_bias[static_cast<size_t>(i)], bias, 1e-4);
    }
  }
}

TEST(Gradient, EmbeddingAddsUpRepeatedTokens) {
  Context ctx(cpu_device, 2);
  const std::vector<float> values = testing::random_values(6 * 33, 3);
  const Weight table = pack_weight(ctx, "w", DType::f32, 6, 33, reinterpret_cast<const std::byte*>(values.data()));
  const Tensor dw = zeros(ctx, {6, 33});
  Tape tape;
  tape.watch(table.packed, dw);
  ctx.tape = &tape;
  const std::vector<int32_t> ids{4, 1, 4};
  const Tensor y = embedding(ctx, table, ids, 2.0f);
  ctx.tape = nullptr;
  const std::vector<float> dy = testing::random_values(3 * 33, 2);
  tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
  const std::vector<float> got = testing::values_of(dw);
  for (size_t c = 0; c < 33; ++c) {
    EXPECT_FLOAT_EQ(got[4 * 33 + c], 2 * dy[c] + 2 * dy[66 + c]);
    EXPECT_FLOAT_EQ(got[33 + c], 2 * dy[33 + c]);
    EXPECT_EQ(got[c], 0.0f);
  }
}

struct HeadsForm {
  int64_t heads, kv_heads, head_dim;
};

// Softmax attention of `queries` rows over `keys` rows in double.
Doubles attend(const Doubles& q, const Doubles& k, const Doubles& v, const HeadsForm& form, double scale, double cap,
               const std::function<bool(int64_t query, int64_t key)>& sees) {
  const int64_t width = form.heads * form.head_dim, kv_width = form.kv_heads * form.head_dim;
  const int64_t queries = static_cast<int64_t>(q.size()) / width, keys = static_cast<int64_t>(k.size()) / kv_width;
  Doubles y(q.size());
  for (int64_t i = 0; i < queries; ++i) {
    for (int64_t h = 0; h < form.heads; ++h) {
      const int64_t kv = h / (form.heads / form.kv_heads);
      Doubles weights(static_cast<size_t>(keys));
      double sum = 0;
      for (int64_t j = 0; j < keys; ++j) {
        if (!sees(i, j)) continue;
        double score = 0;
        for (int64_t d = 0; d < form.head_dim; ++d) {
          score += q[static_cast<size_t>(i * width + h * form.head_dim + d)] *
                   k[static_cast<size_t>(j * kv_width + kv * form.head_dim + d)];
        }
        score *= scale;
        if (cap > 0) score = cap * std::tanh(score / cap);
        sum += weights[static_cast<size_t>(j)] = std::exp(score);
      }
      for (int64_t j = 0; j < keys && sum > 0; ++j) {
        for (int64_t d = 0; d < form.head_dim; ++d) {
          y[static_cast<size_t>(i * width + h * form.head_dim + d)] +=
              weights[static_cast<size_t>(j)] / sum * v[static_cast<size_t>(j * kv_width + kv * form.head_dim + d)];
        }
      }
    }
  }
  return y;
}

TEST(Gradient, Attention) {
  struct Trial {
    HeadsForm form;
    AttentionOptions options;
  };
  const Trial trials[] = {{{2, 2, 8}, {}},
                          {{4, 2, 5}, {.scale = 0.3f}},
                          {{2, 1, 12}, {.window = 4}},
                          {{2, 2, 8}, {.causal = false}},
                          {{3, 3, 16}, {.softcap = 1.5f}}};
  const std::vector<int64_t> ends{0, 11, 30};  // two sequences
  for (const Trial& trial : trials) {
    const auto [heads, kv_heads, dim] = trial.form;
    const int64_t h = heads, kv_h = kv_heads, d = dim;
    const AttentionOptions& options = trial.options;
    check_gradients({.shapes = {{30, h, d}, {30, kv_h, d}, {30, kv_h, d}},
                     .op =
                         [&](Context& ctx, auto& x) {
                           KeyValues kv{x[1], x[2], 0, {}};
                           for (size_t s = 0; s + 1 < ends.size(); ++s) {
                             kv.sequences.push_back({.query_begin = ends[s],
                                                     .query_end = ends[s + 1],
                                                     .first_position = 0,
                                                     .keys = ends[s + 1] - ends[s],
                                                     .blocks = {},
                                                     .contiguous_begin = ends[s]});
                           }
                           return std::vector{attention(ctx, x[0], kv, options)};
                         },
                     .reference =
                         [&](const auto& x) {
                           const double scale = options.scale != 0 ? static_cast<double>(options.scale)
                                                                   : 1 / std::sqrt(static_cast<double>(d));
                           return Results{attend(x[0], x[1], x[2], trial.form, scale,
                                                 static_cast<double>(options.softcap), [&](int64_t i, int64_t j) {
                                                   if ((i < 11) != (j < 11)) return false;
                                                   if (options.causal && j > i) return false;
                                                   return options.window == 0 || j > i - options.window;
                                                 })};
                         },
                     .tolerance = 5e-5f});
  }
}

// Two streams and two rows; the last row's last keys are padding. The first stream has no queries.
TEST(Gradient, JointAttention) {
  const std::vector<int64_t> lengths{3, 2};
  check_gradients(
      {.shapes = {{8, 2, 6}, {8, 2, 6}, {6, 2, 6}, {6, 2, 6}, {6, 2, 6}},
       .op =
           [&](Context& ctx, auto& x) {
             const AttentionStream streams[] = {{{}, x[0], x[1]}, {x[2], x[3], x[4]}};
             return std::vector{joint_attention(ctx, streams, 2, lengths)[1]};
           },
       .reference =
           [&](const auto& x) {
             Doubles all;
             for (int64_t row = 0; row < 2; ++row) {
               const auto part = [&](const Doubles& values, int64_t tokens) {
                 return Doubles(values.begin() + row * tokens * 12, values.begin() + (row + 1) * tokens * 12);
               };
               Doubles k = part(x[0], 4), v = part(x[1], 4);
               const Doubles k2 = part(x[3], 3), v2 = part(x[4], 3);
               k.insert(k.end(), k2.begin(), k2.end());
               v.insert(v.end(), v2.begin(), v2.end());
               const Doubles y = attend(part(x[2], 3), k, v, {2, 2, 6}, 1 / std::sqrt(6.0), 0,
                                        [&](int64_t, int64_t j) { return j < 4 + lengths[static_cast<size_t>(row)]; });
               all.insert(all.end(), y.begin(), y.end());
             }
             return Results{all};
           },
       .tolerance = 5e-5f});
}

TEST(Gradient, CrossEntropy) {
  for (const float cap : {0.0f, 2.0f}) {
    Context weights(cpu_device, 1);
    const std::vector<float> values = testing::random_values(19 * 8, 3);
    OutputHead head{{}, cap};
    head.layer.blocks.push_back(
        {pack_weight(weights, "w", DType::f32, 19, 8, reinterpret_cast<const std::byte*>(values.data())), {}});
    const std::vector<int32_t> labels{3, 18, 0, 3};
    const std::vector<float> factors{0.25f, 0.5f, 1.0f, 0.0f};
    check_gradients(
        {.shapes = {{4, 8}},
         .op = [&](Context& ctx, auto& x) { return std::vector{cross_entropy(ctx, x[0], head, labels, factors)}; },
         .reference =
             [&](const auto& x) {
               const Doubles logits = times(x[0], values, 19, 8);
               double loss = 0;
               for (size_t row = 0; row < 4; ++row) {
                 double sum = 0, chosen = 0;
                 for (size_t i = 0; i < 19; ++i) {
                   double logit = logits[row * 19 + i];
                   if (cap > 0) logit = static_cast<double>(cap) * std::tanh(logit / static_cast<double>(cap));
                   sum += std::exp(logit);
                   if (static_cast<int32_t>(i) == labels[row]) chosen = logit;
                 }
                 loss += static_cast<double>(factors[row]) * (std::log(sum) - chosen);
               }
               return Results{Doubles{loss}};
             }});
  }
}

TEST(Gradient, MeanSquaredError) {
  Context outside(cpu_device, 1);
  const std::vector<float> target = testing::random_values(3 * 10, 3), factors{0.5f, 2.0f, 1.0f};
  check_gradients({.shapes = {{3, 2, 5}},
                   .op =
                       [&](Context& ctx, auto& x) {
                         const Tensor wanted = testing::tensor_of(ctx, {3, 2, 5}, target);
                         return std::vector{mean_squared_error(ctx, x[0], wanted, factors)};
                       },
                   .reference =
                       [&](const auto& x) {
                         double loss = 0;
                         for (size_t i = 0; i < 30; ++i) {
                           const double away = x[0][i] - static_cast<double>(target[i]);
                           loss += static_cast<double>(factors[i / 10]) * away * away / 10;
                         }
                         return Results{Doubles{loss}};
                       }});
}

// Computed again on the way back: the same gradients, bit by bit, with less held between.
TEST(Gradient, RecomputedPartsGiveTheSame) {
  Context ctx(cpu_device, 2);
  const Tensor weight = testing::tensor_of(ctx, {32}, testing::random_values(32, 2));
  std::vector<std::vector<float>> results;
  std::vector<int64_t> peaks;
  for (const bool again : {false, true}) {
    const Tensor x = testing::tensor_of(ctx, {400, 32}, testing::random_values(400 * 32, 1));
    const Tensor dx = zeros(ctx, x.shape()), dw = zeros(ctx, {32});
    Tape tape;
    tape.recompute = again;
    tape.watch(x, dx);
    tape.watch(weight, dw);
    ctx.arena()->reset_peak();
    ctx.tape = &tape;
    Tensor y = x;
    for (int i = 0; i < 6; ++i) {
      y = recomputed(ctx, y, [&](Context& c, const Tensor& input) {
        Tensor h = rms_norm(c, input, weight, 1e-5f);
        for (int j = 0; j < 4; ++j) h = activate(c, h, Activation::silu);
        return add(c, input, h);
      });
    }
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), testing::random_values(400 * 32, 3)));
    peaks.push_back(ctx.arena()->use().total_peak_bytes);
    results.push_back(testing::values_of(dx));
    results.push_back(testing::values_of(dw));
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
  EXPECT_LT(peaks[1], peaks[0] * 2 / 3);
}

// What is cheap is made again where matrices need it on the way back: the same gradients, bit by bit, with less held.
TEST(Gradient, NormsAndActivationsAreMadeAgain) {
  Context ctx(cpu_device, 2);
  constexpr int64_t tokens = 401, width = 32;  // no size that fills its storage
  const Tensor norm = testing::tensor_of(ctx, {width}, testing::random_values(width, 2));
  const auto matrix = [&](int64_t rows, uint32_t seed) {
    const std::vector<float> values = testing::random_values(rows * width, seed, 0.2f);
    return pack_weight(ctx, "w", DType::f32, rows, width, reinterpret_cast<const std::byte*>(values.data()));
  };
  Linear up, down;
  up.blocks.push_back({matrix(2 * width, 5), {}});
  down.blocks.push_back({matrix(width, 6), {}});
  std::vector<std::vector<float>> results;
  std::vector<int64_t> peaks;
  for (const bool again : {false, true}) {
    const Tensor x = testing::tensor_of(ctx, {tokens, width}, testing::random_values(tokens * width, 1));
    const Tensor dx = zeros(ctx, x.shape()), dn = zeros(ctx, {width});
    const Tensor dup = zeros(ctx, {2 * width, width}), ddown = zeros(ctx, {width, width});
    Tape tape;
    tape.remakes = again;
    tape.watch(x, dx);
    tape.watch(norm, dn);
    tape.watch(up.blocks[0].weight.packed, dup);
    tape.watch(down.blocks[0].weight.packed, ddown);
    ctx.arena()->reset_peak();
    ctx.tape = &tape;
    auto [sum, normed] = add_rms_norm(ctx, x, x, norm, 1e-5f);
    for (int i = 0; i < 6; ++i) {
      const Tensor h = gated_activation(ctx, linear(ctx, normed, up), Activation::silu);
      const Tensor y = activate(ctx, layer_norm(ctx, linear(ctx, h, down), norm, {}, 1e-5f), Activation::gelu_erf);
      std::tie(sum, normed) = add_rms_norm(ctx, sum, linear(ctx, y, down), norm, 1e-5f);
    }
    ctx.tape = nullptr;
    sum = {};
    tape.backward(ctx, normed, testing::tensor_of(ctx, {tokens, width}, testing::random_values(tokens * width, 3)));
    peaks.push_back(ctx.arena()->use().peak_bytes[static_cast<size_t>(Owner::activations)]);
    for (const Tensor& gradient : {dx, dn, dup, ddown}) results.push_back(testing::values_of(gradient));
  }
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(results[i], results[i + 4]) << i;
  EXPECT_LT(static_cast<double>(peaks[1]), 0.75 * static_cast<double>(peaks[0]));
}

// Two streams through parts that exchange what they know; a part that nothing trained has to do with is done once.
TEST(Gradient, PartsOfSeveralStreamsAreDoneAgain) {
  Context ctx(cpu_device, 1);
  const Tensor weight = testing::tensor_of(ctx, {16}, testing::random_values(16, 2));
  std::vector<std::vector<float>> results;
  for (const bool again : {false, true}) {
    const Tensor x = testing::tensor_of(ctx, {30, 16}, testing::random_values(30 * 16, 1));
    const Tensor other = testing::tensor_of(ctx, {30, 16}, testing::random_values(30 * 16, 4));
    const Tensor dx = zeros(ctx, x.shape()), dw = zeros(ctx, {16});
    Tape tape;
    tape.recompute = again;
    tape.watch(x, dx);
    tape.watch(weight, dw);
    ctx.tape = &tape;
    int calls = 0;
    const Tensor frozen = recomputed(ctx, other, [&](Context& c, const Tensor& input) {
      ++calls;
      return activate(c, input, Activation::silu);
    });
    EXPECT_FALSE(tape.tracks(frozen));
    std::vector<Tensor> state{x, frozen};
    for (int i = 0; i < 3; ++i) {
      state = recomputed(ctx, state, [&](Context& c, std::span<const Tensor> in) {
        const Tensor mixed = add(c, in[0], activate(c, in[1], Activation::silu));
        return std::vector<Tensor>{rms_norm(c, mixed, weight, 1e-5f), add(c, in[1], mixed), Tensor()};
      });
    }
    const Tensor y = add(ctx, state[0], state[1]);
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), testing::random_values(30 * 16, 3)));
    EXPECT_EQ(calls, 1);
    results.push_back(testing::values_of(dx));
    results.push_back(testing::values_of(dw));
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
}

// What has no backward does not lose gradients silently, and does not mind where there are none.
TEST(Gradient, AnOpWithoutBackwardIsRefused) {
  Context ctx(cpu_device, 1);
  const Tensor x = testing::tensor_of(ctx, {2, 2}, {1, 2, 3, 4}), other = testing::tensor_of(ctx, {2, 2}, {1, 2, 3, 4});
  Tape tape;
  tape.watch(x, zeros(ctx, {2, 2}));
  ctx.tape = &tape;
  EXPECT_NO_THROW(clamp(ctx, other, 0, 1));
  try {
    clamp(ctx, x, 0, 1);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("clamp"), std::string::npos);
  }
}

// Results do not depend on the number of threads.
TEST(Gradient, DoesNotDependOnThreads) {
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2}) {
    Context ctx(cpu_device, threads);
    const std::vector<float> values = testing::random_values(200 * 96, 3);
    Linear layer;
    layer.blocks.push_back(
        {pack_weight(ctx, "w", DType::f32, 200, 96, reinterpret_cast<const std::byte*>(values.data())), {}});
    const Tensor x = testing::tensor_of(ctx, {333, 96}, testing::random_values(333 * 96, 1));
    const Tensor dx = zeros(ctx, x.shape()), dw = zeros(ctx, {200, 96});
    Tape tape;
    tape.watch(x, dx);
    tape.watch(layer.blocks[0].weight.packed, dw);
    ctx.tape = &tape;
    const Tensor y = linear(ctx, x, layer);
    ctx.tape = nullptr;
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), testing::random_values(y.elements(), 2)));
    results.push_back(testing::values_of(dx));
    results.push_back(testing::values_of(dw));
  }
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
}

}  // namespace
}  // namespace diptych
