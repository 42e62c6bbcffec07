// Adapters in training whose change of a weight is a matrix of full rank, made of factors each time that it is used:
//   LoHa (Hyeon-Woo et al. 2022)   scale * (w1_a w1_b) * (w2_a w2_b), value by value
//   LoKr (Edalati et al. 2022)     scale * the Kronecker product of w1 and w2, w2 whole or w2_a w2_b
// Parameters, their shapes and how they are drawn are those of PEFT. A kernel's columns count as a matrix's.
#pragma once

#include <utility>

#include "engine/ops/adapter.h"
#include "engine/train/adapters/layer_method.h"

namespace diptych::train {

class MadeLayer : public LayerMethod {
 public:
  using LayerMethod::LayerMethod;

  // Factors take their gradients when the matrix does, and are read when it is made.
  void watch(Tape&) override {}
  void finish_gradients(Context&) override {}
  void publish(Context&) override {}

  // f32 [rows, cols], rows and columns as Hugging Face stores them.
  virtual Tensor change(Context& ctx) const = 0;
  // The factors' gradients take that of the change.
  virtual void take_back(Context& ctx, const Tensor& gradient) = 0;

 protected:
  void attach();  // the model computes with it from now on
};

class LohaLayer final : public MadeLayer {
 public:
  LohaLayer(Context& ctx, const AdapterOptions& options, AdaptedLayer layer, Parameters& all);

  Tensor change(Context& ctx) const override;
  void take_back(Context& ctx, const Tensor& gradient) override;
  std::map<std::string, Tensor> values(Context& ctx) const override;

 private:
  Tensor product(Context& ctx, size_t a, size_t b) const;

  size_t w1_a_, w1_b_, w2_a_, w2_b_;
};

class LokrLayer final : public MadeLayer {
 public:
  LokrLayer(Context& ctx, const AdapterOptions& options, AdaptedLayer layer, Parameters& all);

  Tensor change(Context& ctx) const override;
  void take_back(Context& ctx, const Tensor& gradient) override;
  std::map<std::string, Tensor> values(Context& ctx) const override;

 private:
  Tensor second(Context& ctx) const;

  size_t w1_;
  std::optional<size_t> w2_;    // whole, …
  size_t w2_a_ = 0, w2_b_ = 0;  // … or in two factors
};

// n = first * second with first <= second: `factor` and the rest where that divides n, else the most even split with
// first <= factor (-1: any). As PEFT and LyCORIS split.
std::pair<int64_t, int64_t> split_evenly(int64_t n, int64_t factor);

}  // namespace diptych::train
