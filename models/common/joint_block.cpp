#include "models/common/joint_block.h"

#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "engine/core/recompute.h"
#include "models/common/lone_attention.h"

namespace diptych::models {
namespace {

constexpr float joint_norm_eps = 1e-6f;

// Places of a condition's parts.
enum Part : int64_t { shift, scale, gate, mlp_shift, mlp_scale, mlp_gate, second_shift, second_scale, second_gate };

ProjectionNames image_names(const std::string& name) {
  return {name + ".to_q", name + ".to_k", name + ".to_v", name + ".norm_q", name + ".norm_k"};
}

ProjectionNames text_names(const std::string& name, bool asks) {
  return {asks ? name + ".add_q_proj" : "", name + ".add_k_proj", name + ".add_v_proj", name + ".norm_added_q",
          name + ".norm_added_k"};
}

}  // namespace

JointBlock::JointBlock(WeightLoader& weights, const std::string& name, const JointNames& names, const JointForm& form)
    : form_(form) {
  const int64_t width = form.width(), inner = 4 * width;
  const std::string attention = name + "attn";
  const HeadForm heads{.heads = form.heads, .head_dim = form.head_dim, .norm_width = form.qk_norm ? form.head_dim : 0};
  image_.modulation = weights.linear({{name + names.modulation, (form.dual_attention ? 9 : 6) * width}}, width);
  image_.attention = Projection(weights, image_names(attention), width, heads);
  image_.output = weights.linear({{attention + ".to_out.0", width}}, width);
  image_.mlp = FeedForward(weights, name + names.mlp, width, inner);
  if (form.dual_attention) {
    const std::string second = name + "attn2";
    second_attention_ = Projection(weights, image_names(second), width, heads);
    second_output_ = weights.linear({{second + ".to_out.0", width}}, width);
  }
  const std::string text_modulation = name + names.text_modulation;
  text_.modulation = form.ends_text ? continuous_norm_layer(weights, text_modulation, width)
                                    : weights.linear({{text_modulation, 6 * width}}, width);
  text_.attention = Projection(weights, text_names(attention, !form.ends_text), width, heads);
  if (form.ends_text) return;
  text_.output = weights.linear({{attention + ".to_add_out", width}}, width);
  text_.mlp = FeedForward(weights, name + names.text_mlp, width, inner);
}

Tensor JointBlock::feed_forward(Context& ctx, const Tensor& x, const Modulation& m, const FeedForward& mlp) const {
  const Tensor h = layer_norm_modulate(ctx, x, m[mlp_scale], m[mlp_shift], joint_norm_eps);  // [tokens, width]
  return gated_add(ctx, x, m[mlp_gate], mlp.forward(ctx, h));
}

Tensor JointBlock::modulated_image(Context& ctx, const Tensor& image, const Tensor& condition) const {
  const Modulation m = modulation(ctx, condition, image_.modulation, form_.width());
  return layer_norm_modulate(ctx, image, m[scale], m[shift], joint_norm_eps);
}

JointState JointBlock::forward(Context& ctx, JointState x, const Tensor& condition, std::span<const int64_t> lengths,
                               const JointAngles* angles, int64_t first_perturbed) const {
  if (ctx.tape == nullptr) return compute(ctx, std::move(x), condition, lengths, angles, first_perturbed);
  const auto own_angles = angles != nullptr ? std::optional(*angles) : std::nullopt;
  std::vector<Tensor> state =
      recomputed(ctx, {x.image, x.text},
                 [this, condition, lengths, own_angles, first_perturbed](Context& c, std::span<const Tensor> inputs) {
                   const JointState result = compute(c, {inputs[0], inputs[1]}, condition, lengths,
                                                     own_angles ? &*own_angles : nullptr, first_perturbed);
                   return std::vector<Tensor>{result.image, result.text};
                 });
  return {state[0], state[1]};
}

JointState JointBlock::compute(Context& ctx, JointState x, const Tensor& condition, std::span<const int64_t> lengths,
                               const JointAngles* angles, int64_t first_perturbed) const {
  const int64_t rows = condition.dim(0), width = form_.width();
  const RopeAngles *image_angles = angles ? &angles->image : nullptr, *text_angles = angles ? &angles->text : nullptr;
  const Modulation m = modulation(ctx, condition, image_.modulation, width);
  const Modulation t = modulation(ctx, condition, text_.modulation, width);
  Tensor h = layer_norm_modulate(ctx, x.image, m[scale], m[shift], joint_norm_eps);  // [rows * pixels, width]
  std::array<AttentionStream, 2> streams{image_.attention.forward(ctx, h, image_angles), {}};
  h = form_.ends_text ? layer_norm_modulate(ctx, x.text, t[0], t[1], joint_norm_eps)  // as continuous_norm
                      : layer_norm_modulate(ctx, x.text, t[scale], t[shift], joint_norm_eps);
  streams[1] = text_.attention.forward(ctx, h, text_angles);
  assert(first_perturbed < 0 || lengths.empty());
  std::vector<Tensor> a = first_perturbed < 0
                              ? joint_attention(ctx, streams, rows, lengths)
                              : perturbed_joint_attention(ctx, streams[0], streams[1], rows, first_perturbed);
  // a: [rows * pixels, width], [rows * texts, width]
  streams = {};
  Tensor image = gated_add(ctx, x.image, m[gate], linear(ctx, a[0], image_.output));
  if (form_.dual_attention) {
    h = layer_norm_modulate(ctx, x.image, m[second_scale], m[second_shift], joint_norm_eps);
    const Tensor own = self_attention(ctx, second_attention_.forward(ctx, h, image_angles), rows);
    image = gated_add(ctx, image, m[second_gate], linear(ctx, own, second_output_));
  }
  x.image = feed_forward(ctx, image, m, image_.mlp);
  if (form_.ends_text) return {x.image, {}};
  x.text = gated_add(ctx, x.text, t[gate], linear(ctx, a[1], text_.output));
  x.text = feed_forward(ctx, x.text, t, text_.mlp);
  return x;
}

}  // namespace diptych::models
