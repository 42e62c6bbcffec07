// An adapter that is trained beside a frozen model: layers, each changed by its method (layer_method.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/model/weight_targets.h"
#include "engine/ops/dropout.h"
#include "engine/train/adapters/adapter_options.h"
#include "engine/train/adapters/layer_method.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

class AdapterTraining final : public TrainedPart {
 public:
  // Layers of a component that was loaded with LoadOptions::targets. Values are drawn as PEFT draws them, from Philox
  // by seed, layer and index: the model computes what it did until the first step. Error (invalid_argument) where a
  // target matches nothing, with names that do.
  AdapterTraining(Context& ctx, std::shared_ptr<WeightTargets> targets, const AdapterOptions& options);
  ~AdapterTraining() override;  // the model is without the adapter then
  AdapterTraining(const AdapterTraining&) = delete;
  AdapterTraining& operator=(const AdapterTraining&) = delete;

  Parameters& parameters() override { return parameters_; }
  void begin_micro_batch(uint64_t number) override;
  void end_micro_batch() override;
  void watch(Tape& tape) override;
  void finish_gradients(Context& ctx) override;
  void publish(Context& ctx) override;

  // The model computes without the adapter until the next call: what it was before training.
  void set_enabled(bool enabled);

  const AdapterOptions& options() const { return options_; }
  const std::vector<std::unique_ptr<LayerMethod>>& layers() const { return layers_; }

 private:
  void add_layer(Context& ctx, const std::string& layer, const std::vector<std::string>& names);

  std::shared_ptr<WeightTargets> targets_;
  AdapterOptions options_;
  bool enabled_ = true;
  std::vector<BlockAdapter> set_aside_;  // while it is not enabled, in the order of layers and their parts
  std::shared_ptr<DropoutTurn> turn_ = std::make_shared<DropoutTurn>();
  Parameters parameters_;
  std::vector<std::unique_ptr<LayerMethod>> layers_;
};

}  // namespace diptych::train
