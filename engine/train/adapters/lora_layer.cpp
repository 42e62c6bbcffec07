#include "engine/train/adapters/lora_layer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/ops/adapter_math.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/weight_stream.h"
#include "engine/train/adapters/kernel_order.h"

namespace diptych::train {
namespace {

constexpr int64_t expanded_rows = 256;  // of a weight, at a time
constexpr double least_length = 1e-12;

// In the memory that the weight has, where it has some.
void pack_again(Context& ctx, const std::string& name, const ConvShape* kernel, const Tensor& values, Weight& weight) {
  if (!weight) {
    weight = pack_values(ctx, name, kernel, values);
  } else {
    repack(ctx, weight, kernel, values);
  }
}

// Rows [first, first + count) of a matrix, exactly as it computes.
Tensor expanded(Context& ctx, const Weight& weight, int64_t first, int64_t count) {
  std::vector<int32_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), static_cast<int32_t>(first));
  Tensor values = ctx.output({count, weight.cols}, DType::f32, Owner::workspace);
  kernel_table(ctx).embedding(ctx.pool(), weight, rows, 1.0f, values);
  return values;
}

double dot(const float* a, const float* b, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

LoraLayer::LoraLayer(Context& ctx, const AdapterOptions& options, AdaptedLayer layer, Parameters& all)
    : LayerMethod(std::move(layer), all) {
  const std::string stem = options.prefix + layer_.name;
  a_ = add_parameter(ctx, stem + ".lora_A.weight", {layer_.rank, layer_.cols});
  b_ = add_parameter(ctx, stem + ".lora_B.weight", {layer_.rows, layer_.rank});
  parameter(b_).learning_rate_factor = options.plus_ratio;
  draw(ctx, a_, options.seed, "lora");
  if (layer_.is_spatial()) kernel_gradient_ = zeros(ctx, {layer_.rank, layer_.cols}, Owner::gradients);
  if (options.magnitudes) magnitude_ = add_parameter(ctx, stem + ".lora_magnitude_vector", {layer_.rows});
  for (WeightTarget* target : layer_.parts) {
    Part part{.target = target, .squares = {}, .lengths = {}, .offset_gradient = {}};
    if (magnitude_) {
      part.squares = lengths_of(ctx, part, false);
      for (int64_t row = 0; row < target->rows && !ctx.is_meta(); ++row) {
        double& square = part.squares[static_cast<size_t>(row)];
        parameter(*magnitude_).value.data<float>()[target->first_row + row] = static_cast<float>(square);
        square *= square;
      }
      if (target->bias) part.offset_gradient = zeros(ctx, {target->rows}, Owner::gradients);
    }
    parts_.push_back(std::move(part));
  }
}

void LoraLayer::watch(Tape& tape) {
  const Tensor& da = kernel_gradient_ ? kernel_gradient_ : parameter(a_).gradient;
  for (const Part& part : parts_) {
    const WeightTarget& target = *part.target;
    const int64_t first = target.first_row, end = first + target.rows;
    tape.watch(target.adapter->down.packed, da);
    tape.watch(target.adapter->up.packed, parameter(b_).gradient.slice(0, first, end));
    if (!magnitude_) continue;
    tape.watch(target.adapter->gain, parameter(*magnitude_).gradient.slice(0, first, end));
    if (part.offset_gradient) tape.watch(target.adapter->offset, part.offset_gradient);
  }
}

// The model's `up` is scale * B, or gain * scale * B.
void LoraLayer::finish_gradients(Context& ctx) {
  if (kernel_gradient_) {
    const Tensor turned = as_stored(ctx, *layer_.kernel, kernel_gradient_);
    gradient_kernels(ctx).add_scaled(ctx.pool(), turned, 1.0f, parameter(a_).gradient);
    gradient_kernels(ctx).clear(ctx.pool(), kernel_gradient_);
  }
  for (const Part& part : parts_) {
    if (magnitude_ && !ctx.is_meta()) finish_magnitudes(part);
    if (Tensor offset = part.offset_gradient) gradient_kernels(ctx).clear(ctx.pool(), offset);
  }
  Tensor& db = parameter(b_).gradient;
  kernel_table(ctx).scale_offset(ctx.pool(), db, static_cast<float>(layer_.scale), 0.0f, db);
}

// With g = m / length: up = g scale B and offset = (1 - g) bias, so
//   dm = (dgain + dup . scale B - doffset bias) / length,   dB = g scale dup.
void LoraLayer::finish_magnitudes(const Part& part) {
  const WeightTarget& target = *part.target;
  const int64_t rank = layer_.rank;
  for (int64_t row = 0; row < target.rows; ++row) {
    const int64_t of_all = target.first_row + row;
    float* dup = parameter(b_).gradient.data<float>() + of_all * rank;
    const float* b = parameter(b_).value.data<float>() + of_all * rank;
    float& dm = parameter(*magnitude_).gradient.data<float>()[of_all];
    double sum = static_cast<double>(dm) + layer_.scale * dot(dup, b, rank);
    if (part.offset_gradient) {
      sum -= static_cast<double>(part.offset_gradient.data<float>()[row]) *
             static_cast<double>(target.bias.data<float>()[row]);
    }
    dm = static_cast<float>(sum / static_cast<double>(part.lengths[static_cast<size_t>(row)]));
    const float gain = target.adapter->gain.data<float>()[row];
    for (int64_t i = 0; i < rank; ++i) dup[i] *= gain;
  }
}

void LoraLayer::publish(Context& ctx) {
  const Parameter &a = parameter(a_), &b = parameter(b_);
  Tensor scaled = ctx.output(b.value.shape(), DType::f32, Owner::workspace);
  kernel_table(ctx).scale_offset(ctx.pool(), b.value, static_cast<float>(layer_.scale), 0.0f, scaled);
  for (Part& part : parts_) {
    const WeightTarget& target = *part.target;
    pack_again(ctx, a.name, layer_.shape(), a.value, target.adapter->down);
    const Tensor rows = scaled.slice(0, target.first_row, target.first_row + target.rows);
    if (magnitude_) publish_magnitudes(ctx, part, rows);
    pack_again(ctx, b.name, nullptr, rows, target.adapter->up);
  }
}

// Gains, and the rows of scale * B [rows, rank] multiplied by them.
void LoraLayer::publish_magnitudes(Context& ctx, Part& part, Tensor scaled) {
  const WeightTarget& target = *part.target;
  BlockAdapter& adapter = *target.adapter;
  if (!adapter.gain) {
    adapter.gain = ctx.output({target.rows}, DType::f32, Owner::weights);
    adapter.offset = ctx.output({target.rows}, DType::f32, Owner::weights);
  }
  const std::vector<double> lengths = lengths_of(ctx, part, true);
  part.lengths.assign(lengths.begin(), lengths.end());
  for (int64_t row = 0; row < target.rows && !ctx.is_meta(); ++row) {
    float& length = part.lengths[static_cast<size_t>(row)];
    length = std::max(length, static_cast<float>(least_length));
    const float gain = parameter(*magnitude_).value.data<float>()[target.first_row + row] / length;
    adapter.gain.data<float>()[row] = gain;
    adapter.offset.data<float>()[row] = target.bias ? (1 - gain) * target.bias.data<float>()[row] : 0;
    float* values = scaled.data<float>() + row * layer_.rank;
    for (int64_t i = 0; i < layer_.rank; ++i) values[i] *= gain;
  }
}

// |W + s B A|^2 = |W|^2 + 2 s B (W A^T) + s^2 B (A A^T) B^T, row by row: no product of B and A is made.
std::vector<double> LoraLayer::lengths_of(Context& ctx, const Part& part, bool with_adapter) const {
  const WeightTarget& target = *part.target;
  const Weight weight = target.weight.streamed ? in_memory(ctx, target.weight) : target.weight;
  const KernelTable& table = kernel_table(ctx);
  const int64_t rank = layer_.rank, step = std::min(expanded_rows, target.rows);
  const RowBlock down{with_adapter ? target.adapter->down : Weight(), {}, nullptr};
  std::vector<double> lengths(static_cast<size_t>(target.rows));
  Tensor squares;  // A A^T [rank, rank]
  if (with_adapter) {
    squares = ctx.output({rank, rank}, DType::f32, Owner::workspace);
    table.matmul(ctx.pool(), {&down, 1}, expanded(ctx, down.weight, 0, rank), false, squares, 0);
  }
  for (int64_t first = 0; first < target.rows; first += step) {
    const int64_t count = std::min(step, target.rows - first);
    const Tensor rows = expanded(ctx, weight, first, count);
    Tensor crossed;  // W A^T [rows, rank]
    if (with_adapter) {
      crossed = ctx.output({count, rank}, DType::f32, Owner::workspace);
      table.matmul(ctx.pool(), {&down, 1}, rows, false, crossed, 0);
    }
    for (int64_t i = 0; i < count && !ctx.is_meta(); ++i) {
      double& length = lengths[static_cast<size_t>(first + i)];
      if (!with_adapter) {
        const float* w = rows.data<float>() + i * weight.cols;
        length = std::sqrt(dot(w, w, weight.cols));
        continue;
      }
      const float* b = parameter(b_).value.data<float>() + (target.first_row + first + i) * rank;
      double square = part.squares[static_cast<size_t>(first + i)] +
                      2 * layer_.scale * dot(crossed.data<float>() + i * rank, b, rank);
      for (int64_t j = 0; j < rank; ++j) {
        square +=
            layer_.scale * layer_.scale * static_cast<double>(b[j]) * dot(squares.data<float>() + j * rank, b, rank);
      }
      length = std::sqrt(std::max(square, 0.0));
    }
  }
  return lengths;
}

std::map<std::string, Tensor> LoraLayer::values(Context& ctx) const {
  Tensor down = copy_of(ctx, a_), up = copy_of(ctx, b_);
  if (layer_.pair_heads_of > 0) up = without_paired_rows(up, layer_.pair_heads_of);
  if (layer_.kernel) {
    const ConvShape& shape = *layer_.kernel;
    down = down.reshape({layer_.rank, shape.in_channels, shape.kernel_height, shape.kernel_width});
    up = up.reshape({layer_.rows, layer_.rank, 1, 1});
  }
  std::map<std::string, Tensor> values{{"lora_down", down}, {"lora_up", up}};
  if (magnitude_) {
    Tensor magnitude = copy_of(ctx, *magnitude_);
    if (layer_.pair_heads_of > 0) magnitude = without_paired_rows(magnitude, layer_.pair_heads_of);
    values["magnitude"] = magnitude;
  }
  return values;
}

}  // namespace diptych::train
