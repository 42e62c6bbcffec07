// Gradients of attention and of positions.
#include "engine/ops/attention.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/rope.h"
#include "kernels/cpu/reference/rope.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

namespace r = kernels::cpu::reference;
using testing::check_gradients;
using testing::Doubles;
using Results = std::vector<Doubles>;

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

}  // namespace
}  // namespace diptych
