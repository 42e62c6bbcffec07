#include "models/common/attention_layers.h"

#include <array>

#include "engine/ops/join.h"

namespace diptych::models {
namespace {

ProjectionNames names_within(const std::string& name, bool asks) {
  return {asks ? name + ".to_q" : "", name + ".to_k", name + ".to_v", name + ".norm_q", name + ".norm_k"};
}

}  // namespace

SelfAttention::SelfAttention(WeightLoader& weights, const std::string& name, const HeadForm& form)
    : projection(weights, names_within(name, true), form.width(), form),
      output(weights.linear({{name + ".to_out.0", form.width()}}, form.width())) {}

Tensor SelfAttention::forward(Context& ctx, const Tensor& x, int64_t rows, const RopeAngles* angles) const {
  return linear(ctx, self_attention(ctx, projection.forward(ctx, x, angles), rows), output);
}

Tensor SelfAttention::forward_perturbed(Context& ctx, const Tensor& x, int64_t rows, int64_t first) const {
  const AttentionStream all = projection.forward(ctx, x);
  const int64_t tokens = x.dim(0), whole = tokens / rows * first;
  Tensor seen;
  if (first > 0) {
    const AttentionStream part{all.q.slice(0, 0, whole), all.k.slice(0, 0, whole), all.v.slice(0, 0, whole)};
    seen = self_attention(ctx, part, first);  // [whole, width]
  }
  if (first == rows) return linear(ctx, seen, output);
  const Tensor alone = contiguous(ctx, all.v.slice(0, whole, tokens)).reshape({tokens - whole, output.cols()});
  return linear(ctx, seen ? concat(ctx, seen, alone, 0) : alone, output);
}

CrossAttention::CrossAttention(WeightLoader& weights, const std::string& name, int64_t width, int64_t text_width,
                               const HeadForm& form)
    : q(weights.linear({{name + ".to_q", form.width()}}, width)),
      projection(weights, names_within(name, false), text_width, form),
      output(weights.linear({{name + ".to_out.0", width}}, form.width())) {
  if (form.norm_width > 0) norm_q = weights.vector(name + ".norm_q.weight", form.norm_width);
}

Tensor CrossAttention::forward(Context& ctx, const Tensor& x, const ReadText& text, int64_t rows) const {
  const TextKeys::Pair read = TextKeys::of(ctx, text.kept, this, [&] {
    const AttentionStream made = projection.forward(ctx, text.tokens);
    return TextKeys::Pair{made.k, made.v};
  });
  const std::array<AttentionStream, 2> streams{
      AttentionStream{placed_heads(ctx, linear(ctx, x, q), projection.form, norm_q), {}, {}},
      AttentionStream{{}, read.keys, read.values}};
  return linear(ctx, joint_attention(ctx, streams, rows, text.lengths)[0], output);
}

}  // namespace diptych::models
