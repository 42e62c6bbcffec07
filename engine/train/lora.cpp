#include "engine/train/lora.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"

namespace diptych::train {
namespace {

constexpr std::string_view weight_ending = ".weight";

bool ends_with_name(const std::string& name, const std::string& ending) {
  return name == ending || name.ends_with("." + ending);
}

// The name that others know a layer by: Hugging Face's, where the model's file has another.
std::string usual_name(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.starts_with("model.")) return name;
  }
  return names.front();
}

bool is_output(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) { return ends_with_name(name, "lm_head"); });
}

bool is_wanted(const std::vector<std::string>& names, const LoraOptions& options, std::set<std::string>& matched) {
  bool wanted = false;
  for (const std::string& target : options.targets) {
    const bool matches =
        target == "all-linear"
            ? !is_output(names)
            : std::ranges::any_of(names, [&](const std::string& name) { return ends_with_name(name, target); });
    if (!matches) continue;
    matched.insert(target);
    wanted = true;
  }
  return wanted;
}

template <typename T>
T pattern_value(const std::map<std::string, T>& pattern, const std::vector<std::string>& names, T usual) {
  for (const auto& one : pattern) {
    if (std::ranges::any_of(names, [&](const std::string& name) { return ends_with_name(name, one.first); })) {
      return one.second;
    }
  }
  return usual;
}

std::string without_ending(const std::string& weight) {
  return weight.substr(0, weight.size() - weight_ending.size());
}

// Layers by name, for a message: the last part of each name.
std::string known_endings(const WeightTargets& targets, const std::vector<std::string>& layers) {
  std::set<std::string> endings;
  for (const std::string& layer : layers) {
    const std::string name = usual_name(targets.names_of(layer));
    endings.insert(name.substr(name.rfind('.') + 1));
  }
  std::string list;
  for (const std::string& ending : endings) list += (list.empty() ? "" : ", ") + ending;
  return list;
}

// Uniform in ±1 / sqrt(cols): Kaiming's with a = sqrt(5) (He et al. 2015).
void draw(Tensor& a, int64_t cols, uint64_t seed, const std::string& name) {
  if (a.is_meta()) return;
  const RandomStream stream(seed, "lora " + name);
  const double bound = 1.0 / std::sqrt(static_cast<double>(cols));
  for (int64_t i = 0; i < a.elements(); ++i) {
    a.data<float>()[i] = static_cast<float>((2 * stream.uniform(static_cast<uint64_t>(i)) - 1) * bound);
  }
}

// In the memory that the weight has, where it has some.
void pack_again(Context& ctx, const std::string& name, const Tensor& values, Weight& weight) {
  const std::byte* source = ctx.is_meta() ? nullptr : values.raw();
  if (!weight) {
    weight = pack_weight(ctx, name, DType::f32, values.dim(0), values.dim(1), source);
  } else {
    kernel_table(ctx).pack(ctx.pool(), DType::f32, source, values.dim(0), values.dim(1), weight.packed);
  }
}

}  // namespace

void clear_gradients(Context& ctx, Parameters& parameters) {
  for (Parameter& parameter : parameters) gradient_kernels(ctx).clear(ctx.pool(), parameter.gradient);
}

Lora::Lora(Context& ctx, std::shared_ptr<WeightTargets> targets, const LoraOptions& options)
    : targets_(std::move(targets)), rank_stabilised_(options.rank_stabilised) {
  std::vector<std::string> layers;  // every matrix, in the order of loading
  for (const auto& target : targets_->all()) {
    if (target->is_vector() || target->kernel || !target->name.ends_with(weight_ending)) continue;
    const std::string layer = without_ending(target->name);
    if (std::ranges::find(layers, layer) == layers.end()) layers.push_back(layer);
  }
  std::set<std::string> matched;
  for (const std::string& layer : layers) {
    if (is_wanted(targets_->names_of(layer), options, matched)) add_layer(ctx, layer, layer + ".weight", options);
  }
  for (const std::string& target : options.targets) {
    if (matched.contains(target)) continue;
    throw Error(ErrorCategory::invalid_argument, "cannot train an adapter of", target, "the model has no such layers",
                "choose from: all-linear, " + known_endings(*targets_, layers));
  }
  publish(ctx);
}

Lora::~Lora() {
  for (const LoraLayer& layer : layers_) {
    for (WeightTarget* target : targets_->of(layer.weight)) *target->adapter = {};
  }
}

void Lora::add_layer(Context& ctx, const std::string& layer, const std::string& weight, const LoraOptions& options) {
  const std::vector<std::string> names = targets_->names_of(layer);
  const std::vector<WeightTarget*> parts = targets_->of(weight);
  LoraLayer added{.name = usual_name(names),
                  .weight = weight,
                  .pair_heads_of = targets_->pair_heads_of(layer),
                  .rows = parts.front()->rows_of_all(),
                  .cols = parts.front()->cols};
  added.rank = pattern_value(options.rank_pattern, names, options.rank);
  added.alpha = pattern_value(options.alpha_pattern, names, options.alpha);
  const auto rank = static_cast<double>(added.rank);
  added.scale = added.alpha / (options.rank_stabilised ? std::sqrt(rank) : rank);
  added.a = parameters_.size();
  added.b = added.a + 1;
  const std::string stem = "base_model.model." + added.name;
  const Shape a{added.rank, added.cols}, b{added.rows, added.rank};
  parameters_.push_back({.name = stem + ".lora_A.weight",
                         .value = ctx.output(a, DType::f32, Owner::weights),
                         .gradient = zeros(ctx, a, Owner::gradients)});
  parameters_.push_back({.name = stem + ".lora_B.weight",
                         .value = zeros(ctx, b, Owner::weights),
                         .gradient = zeros(ctx, b, Owner::gradients),
                         .learning_rate_factor = options.plus_ratio});
  draw(parameters_[added.a].value, added.cols, options.seed, added.name);
  layers_.push_back(std::move(added));
}

void Lora::watch(Tape& tape) {
  for (const LoraLayer& layer : layers_) {
    for (WeightTarget* target : targets_->of(layer.weight)) {
      const Tensor& db = parameters_[layer.b].gradient;
      tape.watch(target->adapter->down.packed, parameters_[layer.a].gradient);
      tape.watch(target->adapter->up.packed, db.slice(0, target->first_row, target->first_row + target->rows));
    }
  }
}

void Lora::set_enabled(bool enabled) {
  if (enabled == enabled_) return;
  enabled_ = enabled;
  size_t next = 0;
  for (const LoraLayer& layer : layers_) {
    for (WeightTarget* target : targets_->of(layer.weight)) {
      if (next == set_aside_.size()) set_aside_.emplace_back();
      std::swap(*target->adapter, set_aside_[next++]);
    }
  }
}

// The model's `up` is scale * B.
void Lora::finish_gradients(Context& ctx) {
  for (const LoraLayer& layer : layers_) {
    Tensor& db = parameters_[layer.b].gradient;
    kernel_table(ctx).scale_offset(ctx.pool(), db, static_cast<float>(layer.scale), 0.0f, db);
  }
}

void Lora::publish(Context& ctx) {
  for (const LoraLayer& layer : layers_) {
    const Parameter &a = parameters_[layer.a], &b = parameters_[layer.b];
    Tensor scaled = ctx.output(b.value.shape(), DType::f32, Owner::workspace);
    kernel_table(ctx).scale_offset(ctx.pool(), b.value, static_cast<float>(layer.scale), 0.0f, scaled);
    for (WeightTarget* target : targets_->of(layer.weight)) {
      const Tensor part = scaled.slice(0, target->first_row, target->first_row + target->rows);
      pack_again(ctx, a.name, a.value, target->adapter->down);
      pack_again(ctx, b.name, part, target->adapter->up);
    }
  }
}

}  // namespace diptych::train
