// Low-rank adapters in training (LoRA, Hu et al. 2021): beside each chosen weight W [rows, cols], whatever its type,
// stands scale * B A with A [rank, cols] and B [rows, rank]; the weight itself is frozen.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/weight_targets.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

struct LoraOptions {
  int64_t rank = 16;
  double alpha = 16;             // the scale is alpha / rank …
  bool rank_stabilised = false;  // … or alpha / sqrt(rank) (Kalajdzievski 2023)
  // Layers whose name ends with one of these after a dot, or is it; "all-linear": every matrix but the output layer.
  std::vector<std::string> targets = {"all-linear"};
  std::map<std::string, int64_t> rank_pattern = {};  // of layers whose name ends with the key
  std::map<std::string, double> alpha_pattern = {};
  float plus_ratio = 1;  // LoRA+ (Hayou et al. 2024): how much faster B learns than A
  uint64_t seed = 0;
};

// One layer of the adapter.
struct LoraLayer {
  std::string name;           // of the layer, as Hugging Face has it where the model knows that name
  std::string weight;         // in the model's file
  int64_t pair_heads_of = 0;  // rows stand in pairs: see LayerPart
  int64_t rows = 0, cols = 0, rank = 0;
  double alpha = 0, scale = 1;
  size_t a = 0, b = 0;  // among the parameters
};

class Lora final : public TrainedPart {
 public:
  // Layers of a component that was loaded with LoadOptions::targets. A is drawn as Kaiming's uniform with a = sqrt(5),
  // as PEFT does, from Philox by seed, layer and index; B is zero. Parameters are called
  // base_model.model.<layer>.lora_A.weight and …lora_B.weight. Error (invalid_argument) where a target matches nothing,
  // with names that do.
  Lora(Context& ctx, std::shared_ptr<WeightTargets> targets, const LoraOptions& options);
  ~Lora() override;  // the model is without the adapter then

  Parameters& parameters() override { return parameters_; }
  void watch(Tape& tape) override;
  void finish_gradients(Context& ctx) override;
  void publish(Context& ctx) override;

  // The model computes without the adapter until the next call: what it was before training.
  void set_enabled(bool enabled);

  const std::vector<LoraLayer>& layers() const { return layers_; }
  const Tensor& value_of(size_t parameter) const { return parameters_[parameter].value; }
  bool rank_stabilised() const { return rank_stabilised_; }

 private:
  void add_layer(Context& ctx, const std::string& name, const std::string& weight, const LoraOptions& options);

  std::shared_ptr<WeightTargets> targets_;
  bool rank_stabilised_, enabled_ = true;
  std::vector<BlockAdapter> set_aside_;  // while it is not enabled, in the order of layers and their weights
  std::vector<LoraLayer> layers_;
  Parameters parameters_;
};

}  // namespace diptych::train
