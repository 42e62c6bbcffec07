// How an adapter in training changes one layer's weight: the parameters that say it, and what the model computes with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/core/tape.h"
#include "engine/model/weight_targets.h"
#include "engine/train/adapters/adapter_options.h"
#include "engine/train/parameter.h"

namespace diptych::train {

struct AdaptedLayer {
  std::string name;                  // as Hugging Face has it where the model knows that name
  std::string weight;                // in the model's file
  int64_t pair_heads_of = 0;         // rows stand in pairs: see RowOrder
  int64_t rows = 0, cols = 0;        // of the file's; a kernel's columns are [channels, y, x] there
  std::optional<ConvShape> kernel;   // of a convolution
  std::vector<WeightTarget*> parts;  // its rows, as the model computes with them
  int64_t rank = 0;
  double alpha = 0, scale = 1;

  // Kernels larger than 1x1, whose columns are computed with in another order than they are stored.
  bool is_spatial() const { return kernel && kernel->taps() > 1; }
  const ConvShape* shape() const { return kernel ? &*kernel : nullptr; }
};

// The parameters are named as PEFT names them, shaped [first extent, all others] and in the order of the file.
class LayerMethod {
 public:
  LayerMethod(AdaptedLayer layer, Parameters& all) : layer_(std::move(layer)), all_(all) {}
  virtual ~LayerMethod() = default;
  LayerMethod(const LayerMethod&) = delete;
  LayerMethod& operator=(const LayerMethod&) = delete;

  const AdaptedLayer& layer() const { return layer_; }

  // See TrainedPart.
  virtual void watch(Tape& tape) = 0;
  virtual void finish_gradients(Context& ctx) = 0;
  virtual void publish(Context& ctx) = 0;

  // Copies of the values as TrainedLayer::parts has them, rows in the order of Hugging Face.
  virtual std::map<std::string, Tensor> values(Context& ctx) const = 0;

 protected:
  // A parameter of the layer, zeros at first; its place among all.
  size_t add_parameter(Context& ctx, const std::string& name, const Shape& shape);
  // Kaiming's uniform with a = sqrt(5) (He et al. 2015): in ±1 / sqrt(columns), from Philox by seed, layer and index.
  void draw(Context& ctx, size_t parameter, uint64_t seed, const std::string& purpose);
  Parameter& parameter(size_t index) { return all_[index]; }
  const Parameter& parameter(size_t index) const { return all_[index]; }
  Tensor copy_of(Context& ctx, size_t index) const;

  AdaptedLayer layer_;

 private:
  Parameters& all_;
};

// Of the method that the options name. Error (unsupported) where the layer's form does not suit the method.
std::unique_ptr<LayerMethod> make_layer_method(Context& ctx, const AdapterOptions& options, AdaptedLayer layer,
                                               Parameters& all);

}  // namespace diptych::train
