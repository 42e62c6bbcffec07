// Training of all of a model's weights: a master of each, f32 or bf16 (master_values.h), from which what the model
// computes with is made again after every step, rounded where that is f16 or bf16.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/weight_targets.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

class FullTraining final : public TrainedPart {
 public:
  // Every weight that loading noted (LoadOptions::targets): parameters have the names of the model's file. Error
  // (unsupported) names a weight that is quantized or read from its file while it is used.
  FullTraining(Context& ctx, std::shared_ptr<WeightTargets> targets, DType masters = DType::f32);

  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  void watch(Tape& tape) override;
  void finish_gradients(Context&) override {}
  void publish(Context& ctx) override;

  // Values or a gradient of parameter `index`, in the shape and order of the model's file: kernels of convolutions are
  // trained as they are computed with, [out_channels, y, x, in_channels]. f32.
  Tensor as_stored(Context& ctx, size_t index, const Tensor& values) const;

 private:
  // Some rows of a parameter, as the model computes with them.
  struct Use {
    size_t parameter;
    Weight weight;     // a matrix …
    Tensor values;     // … or a vector,
    float offset = 0;  // what is added to it
    int64_t first_row = 0, rows = 0;
  };

  struct Stored {
    Shape shape;
    std::optional<ConvShape> kernel = {};
  };

  size_t parameter_of(Context& ctx, const std::string& name, const Shape& shape, const Stored& stored);
  void add_matrix(Context& ctx, const std::string& name, const Weight& weight, int64_t first_row, const Stored& stored);
  void add_vector(Context& ctx, const WeightTarget& target);

  std::shared_ptr<WeightTargets> targets_;
  DType masters_;
  Parameters parameters_;
  std::vector<Stored> stored_;  // of each parameter
  std::vector<Use> uses_;
};

}  // namespace diptych::train
