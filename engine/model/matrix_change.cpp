#include "engine/model/matrix_change.h"

#include <algorithm>
#include <utility>

#include "engine/ops/adapter_math.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

// Of a layer's rows, which ones the target's are, in the target's order.
std::vector<int32_t> source_rows(const WeightTarget& target, const Contribution& one) {
  std::vector<int32_t> rows(static_cast<size_t>(target.rows));
  const int64_t before = one.first_row - target.first_row, all = target.rows_of_all();
  for (int64_t i = 0; i < target.rows; ++i) {
    rows[static_cast<size_t>(i)] = static_cast<int32_t>(before + one.order.source_of(target.first_row + i, all));
  }
  return rows;
}

std::vector<float> equal_factors(const WeightTarget& target, float value) {
  return std::vector<float>(static_cast<size_t>(target.rows), value);
}

Tensor joined(Context& ctx, const std::vector<Tensor>& tensors, int axis) {
  Tensor all = tensors.front();
  for (size_t i = 1; i < tensors.size(); ++i) all = concat(ctx, all, tensors[i], axis);
  return all;
}

Tensor zeros_of(Context& ctx, const Shape& shape) {
  Tensor x = ctx.output(shape, DType::f32, Owner::workspace);
  if (!x.is_meta()) std::ranges::fill(x.span<float>(), 0.0f);
  return x;
}

}  // namespace

Tensor stored_rows(Context& ctx, const WeightTarget& target) {
  Tensor values = ctx.output({target.rows, target.cols}, DType::f32, Owner::workspace);
  if (ctx.is_meta()) return values;
  const WeightView view = target.file->require(target.name);
  const std::byte* source = view.data + dtype_bytes(view.type, target.cols) * static_cast<size_t>(target.first_row);
  kernel_table(ctx).widen(view.type, source, values.elements(), values);
  view.release();
  return values;
}

const ConvShape* kernel_of(const WeightTarget& target) {
  return target.kernel ? &*target.kernel : nullptr;
}

Tensor rows_for(Context& ctx, const Tensor& all, const WeightTarget& target, const Contribution& one) {
  if (one.order.as_usual()) return all.slice(0, one.first_row, one.first_row + target.rows);
  return gather_rows(ctx, all, source_rows(target, one));
}

void MatrixChange::add(const Contribution& one, bool dense) {
  const AdapterMagnitude magnitude = adapter_magnitude(ctx_, *one.adapter, *one.layer);
  AdapterDelta delta = adapter_delta(ctx_, *one.adapter, *one.layer, dense || magnitude.of_columns);
  delta.scale *= one.strength;
  if (magnitude.values.empty()) return put(delta, one, equal_factors(target_, delta.scale));
  if (magnitude.of_columns) return put_scaled_columns(delta, one, magnitude.values);
  put_scaled_rows(delta, one, magnitude.values);
}

Tensor MatrixChange::merged() {
  Tensor values = stored_rows(ctx_, target_);
  if (!gain_.empty()) scale_rows(ctx_, values, gain_);
  if (dense_) add_scaled_rows(ctx_, values, dense_, equal_factors(target_, 1));
  return values;
}

BlockAdapter MatrixChange::on_the_fly() {
  BlockAdapter adapter;
  if (!ups_.empty()) {
    adapter.down = pack_values(ctx_, target_.name, kernel_of(target_), joined(ctx_, downs_, 0));
    adapter.up = pack_values(ctx_, target_.name, nullptr, joined(ctx_, ups_, 1));
  }
  if (dense_) adapter.dense = pack_values(ctx_, target_.name, kernel_of(target_), dense_);
  if (gain_.empty()) return adapter;
  adapter.gain = ctx_.output({target_.rows}, DType::f32, Owner::weights);
  adapter.offset = ctx_.output({target_.rows}, DType::f32, Owner::weights);
  for (int64_t row = 0; row < target_.rows && !ctx_.is_meta(); ++row) {
    const float gain = gain_[static_cast<size_t>(row)];
    adapter.gain.data<float>()[row] = gain;
    adapter.offset.data<float>()[row] = target_.bias ? (1 - gain) * target_.bias.data<float>()[row] : 0;
  }
  return adapter;
}

// The layer's part of a delta, multiplied out.
Tensor MatrixChange::whole(const AdapterDelta& delta, const Contribution& one) {
  if (delta.dense) return rows_for(ctx_, delta.dense, target_, one);
  return multiply(ctx_, rows_for(ctx_, delta.up, target_, one), delta.down);
}

void MatrixChange::put(const AdapterDelta& delta, const Contribution& one, const std::vector<float>& factors) {
  if (delta.dense) return put_dense(rows_for(ctx_, delta.dense, target_, one), factors);
  Tensor up = zeros_of(ctx_, {target_.rows, delta.up.dim(1)});
  add_scaled_rows(ctx_, up, rows_for(ctx_, delta.up, target_, one), factors);
  ups_.push_back(std::move(up));
  downs_.push_back(delta.down);
}

void MatrixChange::put_dense(const Tensor& values, const std::vector<float>& factors) {
  if (!dense_) dense_ = zeros_of(ctx_, {target_.rows, target_.cols});
  add_scaled_rows(ctx_, dense_, values, factors);
}

void MatrixChange::put_scaled_rows(const AdapterDelta& delta, const Contribution& one,
                                   const std::vector<float>& magnitudes) {
  std::vector<float> factors = row_norms(ctx_, stored_rows(ctx_, target_), whole(delta, one), delta.scale);
  if (gain_.empty()) gain_ = equal_factors(target_, 1);
  const std::vector<int32_t> rows = source_rows(target_, one);
  for (size_t i = 0; i < factors.size(); ++i) {
    const float gain = magnitudes[static_cast<size_t>(rows[i])] / std::max(factors[i], 1e-12f);
    gain_[i] += gain - 1;
    factors[i] = gain * delta.scale;
  }
  put(delta, one, factors);
}

// Columns of W are scaled, which no product beside W does: the difference is a matrix.
void MatrixChange::put_scaled_columns(const AdapterDelta& delta, const Contribution& one,
                                      const std::vector<float>& magnitudes) {
  const Tensor w = stored_rows(ctx_, target_), d = whole(delta, one);
  const int64_t width = target_.cols / static_cast<int64_t>(magnitudes.size());
  std::vector<float> gains = column_norms(ctx_, w, d, delta.scale, width);
  for (size_t i = 0; i < gains.size(); ++i) gains[i] = magnitudes[i] / std::max(gains[i], 1e-12f);
  Tensor difference = ctx_.output(w.shape(), DType::f32, Owner::workspace);
  for (int64_t i = 0; i < w.elements() && !ctx_.is_meta(); ++i) {
    const float gain = gains[static_cast<size_t>(i % target_.cols / width)];
    difference.data<float>()[i] = (gain - 1) * w.data<float>()[i] + gain * delta.scale * d.data<float>()[i];
  }
  put_dense(difference, equal_factors(target_, 1));
}

}  // namespace diptych
