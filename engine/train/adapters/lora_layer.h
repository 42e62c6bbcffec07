// Low-rank adapters in training (LoRA, Hu et al. 2021): beside a frozen weight W [rows, cols], whatever its type,
// stands scale * B A with A [rank, cols] and B [rows, rank]. With magnitudes (DoRA, Liu et al. 2024) the sum's rows are
// scaled to a length of their own: m / |W + scale B A| (W + scale B A), where the length is taken as a constant on the
// way back, as in section 4.3 there and in PEFT.
#pragma once

#include "engine/train/adapters/layer_method.h"

namespace diptych::train {

class LoraLayer final : public LayerMethod {
 public:
  LoraLayer(Context& ctx, const AdapterOptions& options, AdaptedLayer layer, Parameters& all);

  void watch(Tape& tape) override;
  void finish_gradients(Context& ctx) override;
  void publish(Context& ctx) override;
  std::map<std::string, Tensor> values(Context& ctx) const override;

 private:
  // Rows of the layer that the model computes with as one matrix.
  struct Part {
    WeightTarget* target;
    std::vector<double> squares;  // |W|^2 of each row, constant
    std::vector<float> lengths;   // |W + scale B A| of each row, as published
    Tensor offset_gradient;       // f32 [rows], where there is a bias
  };

  std::vector<double> lengths_of(Context& ctx, const Part& part, bool with_adapter) const;
  void publish_magnitudes(Context& ctx, Part& part, Tensor scaled);
  void finish_magnitudes(const Part& part);

  size_t a_ = 0, b_ = 0;
  std::optional<size_t> magnitude_;
  Tensor kernel_gradient_;  // of A, columns as they are computed with, where that is another order
  std::vector<Part> parts_;
};

}  // namespace diptych::train
