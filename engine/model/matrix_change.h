// What adapters sum up to for one weight.
#pragma once

#include <vector>

#include "engine/model/adapter_delta.h"
#include "engine/model/adapter_match.h"

namespace diptych {

// The original values of a target's rows, f32 [rows, cols].
Tensor stored_rows(Context& ctx, const WeightTarget& target);

// Of what a layer of an adapter adds, [all rows, n], the target's rows.
Tensor rows_for(Context& ctx, const Tensor& all, const WeightTarget& target, const Contribution& one);

const ConvShape* kernel_of(const WeightTarget& target);  // null: a matrix

// Factors stand side by side, what has none is added up in one matrix; DoRA's gains are in them, and in a gain of the
// weight's own rows: m / |W + D| (W + D) = W + (g - 1) W + g D.
class MatrixChange {
 public:
  MatrixChange(Context& ctx, const WeightTarget& target) : ctx_(ctx), target_(target) {}

  void add(const Contribution& one, bool dense);  // dense: multiplied out

  Tensor merged();            // [rows, cols]: the weight with all that was added dense
  BlockAdapter on_the_fly();  // what is added beside the weight

 private:
  Tensor whole(const AdapterDelta& delta, const Contribution& one);
  void put(const AdapterDelta& delta, const Contribution& one, const std::vector<float>& factors);
  void put_dense(const Tensor& values, const std::vector<float>& factors);
  void put_scaled_rows(const AdapterDelta& delta, const Contribution& one, const std::vector<float>& magnitudes);
  void put_scaled_columns(const AdapterDelta& delta, const Contribution& one, const std::vector<float>& magnitudes);

  Context& ctx_;
  const WeightTarget& target_;
  std::vector<Tensor> ups_, downs_;  // [rows, rank], [rank, cols]
  Tensor dense_;                     // [rows, cols]
  std::vector<float> gain_;          // [rows]; empty: ones
};

}  // namespace diptych
