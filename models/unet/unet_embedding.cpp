#include "models/unet/unet_embedding.h"

#include <algorithm>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "models/common/timestep_embedding.h"

namespace diptych::models {
namespace {

std::vector<float> values_in(const Tensor& ids) {
  std::vector<float> values(static_cast<size_t>(ids.elements()));
  if (!ids.is_meta()) std::copy_n(ids.data<float>(), ids.elements(), values.begin());
  return values;
}

}  // namespace

UnetEmbedding::Layers::Layers(WeightLoader& weights, const std::string& name, int64_t in_width, int64_t out_width)
    : first(weights.linear({{name + ".linear_1", out_width}}, in_width)),
      second(weights.linear({{name + ".linear_2", out_width}}, out_width)) {}

Tensor UnetEmbedding::Layers::forward(Context& ctx, const Tensor& x) const {
  return linear(ctx, activate(ctx, linear(ctx, x, first), Activation::silu), second);
}

UnetEmbedding::UnetEmbedding(WeightLoader& weights, const UnetConfig& c)
    : config(c), time(weights, "time_embedding", c.levels.front().channels, c.time_width) {
  if (c.added_width > 0) added.emplace(weights, "add_embedding", c.added_width, c.time_width);
}

Tensor UnetEmbedding::forward(Context& ctx, const DenoiserInput& input) const {
  TimestepEmbedding form{.channels = config.levels.front().channels,
                         .cosines_first = config.cosines_first,
                         .frequency_shift = config.frequency_shift};
  Tensor e = time.forward(ctx, timestep_embedding(ctx, input.timesteps, form));  // [rows, time_width]
  if (added) {
    form.channels = config.size_channels;
    const Tensor sizes = timestep_embedding(ctx, values_in(input.time_ids), form);  // [rows * sizes, size_channels]
    const int64_t rows = input.pooled.dim(0), width = sizes.elements() / rows;
    const Tensor both = concat(ctx, input.pooled, sizes.reshape({rows, width}), 1);  // [rows, added_width]
    e = add(ctx, e, added->forward(ctx, both));                                      // [rows, time_width]
  }
  return activate(ctx, e, Activation::silu);
}

int64_t pooled_width_of(const UnetConfig& config, const DenoiserInput& input) {
  if (config.added_width == 0) return 0;
  const Tensor& ids = input.time_ids;
  const bool matrix = ids && ids.dtype() == DType::f32 && ids.shape().rank() == 2 && ids.contiguous() &&
                      ids.dim(0) == static_cast<int64_t>(input.timesteps.size());
  const int64_t width = matrix ? config.added_width - ids.dim(1) * config.size_channels : 0;
  if (width > 0 && ids.elements() > 0) return width;
  const int64_t sizes = (config.added_width - config.pooled_width()) / config.size_channels;
  throw Error(ErrorCategory::invalid_argument, "cannot run UNet2DConditionModel", "time_ids",
              !ids ? "they are missing" : "their shape is " + ids.shape().str(),
              "give f32 [" + std::to_string(input.timesteps.size()) + ", " + std::to_string(sizes) + "]");
}

DenoiserInput read_unet_input(Context& ctx, ReferenceInputs& named, int64_t in_channels, int64_t text_width,
                              bool size_conditioned) {
  DenoiserInput input;
  input.sample = named.tensor("sample", {any_extent, in_channels, any_extent, any_extent});
  const int64_t rows = input.sample.dim(0);
  input.timesteps = named.numbers("timestep", rows);
  input.text = named.tensor("encoder_hidden_states", {rows, any_extent, text_width});
  if (size_conditioned) {
    input.pooled = named.tensor("added_cond_kwargs.text_embeds", {rows, any_extent});
    input.time_ids = named.real_tensor(ctx, "added_cond_kwargs.time_ids", {rows, any_extent});
  }
  return input;
}

}  // namespace diptych::models
