#include "engine/train/adapters/adapter_training.h"

#include <cmath>
#include <utility>

#include "engine/core/error.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/train/adapters/target_names.h"

namespace diptych::train {
namespace {

constexpr std::string_view weight_ending = ".weight";

// A layer with a matrix or kernel that adapters change.
struct Adaptable {
  std::string layer;
  LayerNames names;
  bool spatial = false;  // its kernel is larger than 1x1
};

// In the order of loading.
std::vector<Adaptable> adaptable_layers(const WeightTargets& targets, bool with_kernels) {
  std::vector<Adaptable> layers;
  for (const auto& target : targets.all()) {
    if (target->is_vector() || !target->name.ends_with(weight_ending)) continue;
    const bool spatial = target->kernel && target->kernel->taps() > 1;
    if (spatial && !with_kernels) continue;
    const std::string layer = target->name.substr(0, target->name.size() - weight_ending.size());
    if (std::ranges::find(layers, layer, &Adaptable::layer) != layers.end()) continue;
    layers.push_back({layer, targets.names_of(layer), spatial});
  }
  return layers;
}

}  // namespace

void clear_gradients(Context& ctx, Parameters& parameters) {
  for (Parameter& parameter : parameters) gradient_kernels(ctx).clear(ctx.pool(), parameter.gradient);
}

AdapterTraining::AdapterTraining(Context& ctx, std::shared_ptr<WeightTargets> targets, const AdapterOptions& options)
    : targets_(std::move(targets)), options_(options) {
  std::set<std::string> matched;
  std::vector<LayerNames> known;
  const std::vector<Adaptable> layers = adaptable_layers(*targets_, options_.conv_rank > 0);
  const bool names_kernels = std::ranges::any_of(layers, [&](const Adaptable& one) {
    std::set<std::string> unused;
    return one.spatial && is_target(one.names, options_.targets, unused);
  });
  for (const Adaptable& one : layers) {
    known.push_back(one.names);
    const bool wanted = is_target(one.names, options_.targets, matched);
    if (wanted || (one.spatial && !names_kernels)) add_layer(ctx, one.layer, one.names);
  }
  for (const std::string& target : options_.targets) {
    if (matched.contains(target)) continue;
    throw Error(ErrorCategory::invalid_argument, "cannot train an adapter of", target, "the model has no such layers",
                "choose from: all-linear, " + known_endings(known) +
                    (options_.conv_rank > 0 ? "" : "; or give conv_rank for kernels larger than 1x1"));
  }
  publish(ctx);
}

AdapterTraining::~AdapterTraining() {
  for (const auto& method : layers_) {
    for (WeightTarget* target : method->layer().parts) *target->adapter = {};
  }
}

void AdapterTraining::add_layer(Context& ctx, const std::string& layer, const LayerNames& names) {
  const std::string weight = layer + std::string(weight_ending);
  const std::vector<WeightTarget*> parts = targets_->of(weight);
  AdaptedLayer added{.name = usual_name(names),
                     .weight = weight,
                     .pair_heads_of = targets_->pair_heads_of(layer),
                     .rows = parts.front()->rows_of_all(),
                     .cols = parts.front()->cols,
                     .kernel = parts.front()->kernel,
                     .parts = parts};
  added.rank = pattern_value(options_.rank_pattern, names, options_.rank);
  added.alpha = pattern_value(options_.alpha_pattern, names, options_.alpha);
  const auto rank = static_cast<double>(added.rank);
  added.scale = added.alpha / (options_.rank_stabilised ? std::sqrt(rank) : rank);
  if (added.is_spatial()) {
    const auto own = static_cast<double>(options_.conv_rank);
    added.rank = options_.conv_rank;
    added.alpha = added.scale * (options_.rank_stabilised ? std::sqrt(own) : own);
  }
  if (options_.dropout > 0) {
    const auto drop = std::make_shared<const Dropout>(
        Dropout{options_.dropout, RandomStream(options_.seed, "adapter dropout " + added.name), turn_});
    for (WeightTarget* target : parts) target->adapter->dropout = drop;
  }
  layers_.push_back(make_layer_method(ctx, options_, std::move(added), parameters_));
}

void AdapterTraining::begin_micro_batch(uint64_t number) {
  turn_->active = true;
  turn_->number = number;
}

void AdapterTraining::end_micro_batch() {
  turn_->active = false;
}

void AdapterTraining::watch(Tape& tape) {
  for (const auto& layer : layers_) layer->watch(tape);
}

void AdapterTraining::finish_gradients(Context& ctx) {
  for (const auto& layer : layers_) layer->finish_gradients(ctx);
}

void AdapterTraining::publish(Context& ctx) {
  for (const auto& layer : layers_) layer->publish(ctx);
}

void AdapterTraining::set_enabled(bool enabled) {
  if (enabled == enabled_) return;
  enabled_ = enabled;
  size_t next = 0;
  for (const auto& layer : layers_) {
    for (WeightTarget* target : layer->layer().parts) {
      if (next == set_aside_.size()) set_aside_.emplace_back();
      std::swap(*target->adapter, set_aside_[next++]);
    }
  }
}

}  // namespace diptych::train
