#include "engine/model/weight_targets.h"

#include <algorithm>
#include <utility>

namespace diptych {
namespace {

constexpr std::string_view weight_ending = ".weight";

}  // namespace

std::string with_underscores(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

int64_t WeightTarget::rows_of_all() const {
  const WeightEntry* entry = file->entry(name);
  return entry == nullptr || entry->dims.rank() == 0 ? rows : entry->dims.elements() / cols;
}

void WeightTargets::add(WeightTarget target) {
  by_weight_.emplace(target.name, targets_.size());
  if (target.name.ends_with(weight_ending)) {
    const std::string layer = target.name.substr(0, target.name.size() - weight_ending.size());
    add_layer(layer, {{layer}, {}});
  }
  targets_.push_back(std::make_unique<WeightTarget>(std::move(target)));
}

void WeightTargets::add_layer(const std::string& name, Name value) {
  underscored_[with_underscores(name)] = value;
  names_[name] = std::move(value);
}

void WeightTargets::add_name(const std::string& name, const std::vector<std::string>& layers, const RowOrder& order) {
  add_layer(name, {layers, order});
}

void WeightTargets::add_names_below(const std::string& name, const std::string& layers) {
  const std::string root = layers + ".";
  std::vector<std::pair<std::string, Name>> found;
  for (auto at = names_.lower_bound(root); at != names_.end() && at->first.starts_with(root); ++at) {
    found.emplace_back(name + at->first.substr(layers.size()), at->second);
  }
  for (auto& [other, value] : found) add_layer(other, std::move(value));
}

const WeightTargets::Name* WeightTargets::look_up(const std::string& name, bool underscored) const {
  const auto& names = underscored ? underscored_ : names_;
  // CLIP's files have their names with and without this, and so have adapters.
  const std::string root = underscored ? "text_model_" : "text_model.";
  for (const std::string& one : {name, root + name, name.starts_with(root) ? name.substr(root.size()) : name}) {
    if (const auto found = names.find(one); found != names.end()) return &found->second;
  }
  return nullptr;
}

std::vector<LayerPart> WeightTargets::find(const std::string& name, bool underscored) const {
  std::vector<LayerPart> parts;
  const Name* found = look_up(name, underscored);
  if (found == nullptr) return parts;
  int64_t row = 0;
  for (const std::string& layer : found->layers) {
    const WeightTarget* target = first_of(layer + std::string(weight_ending));
    if (target == nullptr) return {};
    parts.push_back({layer, row, target->rows_of_all(), found->order});
    row += parts.back().rows;
  }
  return parts;
}

std::vector<std::string> WeightTargets::names_of(const std::string& layer) const {
  std::vector<std::string> names{layer};
  for (const auto& [name, value] : names_) {
    if (name != layer && value.layers.size() == 1 && value.layers.front() == layer) names.push_back(name);
  }
  return names;
}

int64_t WeightTargets::pair_heads_of(const std::string& layer) const {
  int64_t paired = 0;
  for (const auto& [name, value] : names_) {
    if (value.layers.size() != 1 || value.layers.front() != layer) continue;
    paired = std::max(paired, value.order.pair_heads_of);
  }
  return paired;
}

std::vector<WeightTarget*> WeightTargets::of(const std::string& weight) {
  std::vector<WeightTarget*> found;
  const auto [begin, end] = by_weight_.equal_range(weight);
  for (auto at = begin; at != end; ++at) found.push_back(targets_[at->second].get());
  return found;
}

const WeightTarget* WeightTargets::first_of(const std::string& weight) const {
  const auto found = by_weight_.find(weight);
  return found == by_weight_.end() ? nullptr : targets_[found->second].get();
}

}  // namespace diptych
