#include "engine/model/adapter_match.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/model/adapter_delta.h"

namespace diptych {
namespace {

const ModelPart* find_part(std::span<const ModelPart> parts, std::string_view component) {
  const auto found = std::ranges::find(parts, component, &ModelPart::component);
  return found == parts.end() ? nullptr : &*found;
}

// The part that a layer belongs to; null: it is not there.
const ModelPart* part_of(std::span<const ModelPart> parts, const AdapterLayer& layer) {
  if (layer.component.empty()) {
    if (parts.size() == 1) return &parts.front();
    const ModelPart* denoiser = find_part(parts, "denoiser");
    return denoiser != nullptr ? denoiser : find_part(parts, "model");
  }
  const ModelPart* part = find_part(parts, layer.component);
  // T5 is the third encoder of SD3, by whose number FLUX' adapters call their second.
  const bool t5 = layer.layer.starts_with("encoder_block_") || layer.layer.starts_with("encoder.block.");
  if (part == nullptr && layer.component == "text_encoder_3" && t5) part = find_part(parts, "text_encoder_2");
  return part;
}

std::string first_few(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 4); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return names.size() > 4 ? list + ", …" : list;
}

[[noreturn]] void refuse(const Adapter& adapter, const std::string& why) {
  throw Error(ErrorCategory::invalid_argument, "cannot apply adapter", adapter.path.string(), why,
              "choose an adapter that was made for this kind of model");
}

class Matcher {
 public:
  Matcher(std::span<const ModelPart> parts, AdapterMatch& match) : parts_(parts), match_(match) {}

  void operator()(const AdapterUse& use) {
    const Adapter& adapter = *use.adapter;
    unmatched_.clear();
    size_t absent = 0;
    for (const AdapterLayer& layer : adapter.layers) {
      const ModelPart* part = part_of(parts_, layer);
      if (part == nullptr) {
        ++match_.report.absent[layer.component];
        ++absent;
        continue;
      }
      const bool text = part->component.starts_with("text_encoder");
      add(*part, adapter, layer, static_cast<float>(text ? use.text_encoder_scale : use.scale));
    }
    if (!unmatched_.empty()) {
      refuse(adapter, std::to_string(unmatched_.size()) + " of its " + std::to_string(adapter.layers.size()) +
                          " layers are none of the model's: " + first_few(unmatched_));
    }
    if (absent == adapter.layers.size()) {
      refuse(adapter, "what it changes (" + adapter.layers.front().key + ", …) is not part of what is loaded");
    }
  }

 private:
  void add(const ModelPart& part, const Adapter& adapter, const AdapterLayer& layer, float strength) {
    const AdapterForm form = adapter_form(adapter, layer);
    const std::vector<LayerPart> places = part.targets->find(layer.layer, layer.underscored);
    if (places.empty()) {
      unmatched_.push_back(layer.key);
      return;
    }
    int64_t rows = 0;
    for (const LayerPart& place : places) {
      rows += place.rows;
      const WeightTarget& target = *part.targets->first_of(place.layer + ".weight");
      if (form.cols != 0 && form.cols != target.cols) refuse_shape(adapter, layer, form, rows, target.cols);
    }
    if (rows != form.rows) {
      refuse_shape(adapter, layer, form, rows, part.targets->first_of(places.front().layer + ".weight")->cols);
    }
    const bool biased = layer.has("diff_b") || layer.has("up_bias");
    for (const LayerPart& place : places) {
      if (form.cols != 0) add_to(part, place, ".weight", {&adapter, &layer, strength, 0, place.order});
      if (!biased) continue;
      if (part.targets->first_of(place.layer + ".bias") == nullptr) {
        unmatched_.push_back(layer.key + " (bias)");
        continue;
      }
      add_to(part, place, ".bias", {&adapter, &layer, strength, 0, place.order});
    }
  }

  void add_to(const ModelPart& part, const LayerPart& place, const char* ending, Contribution contribution) {
    if (contribution.strength == 0) return;
    for (const WeightTarget* target : part.targets->of(place.layer + ending)) {
      contribution.first_row = place.first_row + target->first_row;
      match_.changes[target].push_back(contribution);
    }
  }

  [[noreturn]] static void refuse_shape(const Adapter& adapter, const AdapterLayer& layer, const AdapterForm& form,
                                        int64_t rows, int64_t cols) {
    refuse(adapter, layer.key + " changes a weight of " + std::to_string(form.rows) + " x " +
                        std::to_string(form.cols) + " values, the model's is " + std::to_string(rows) + " x " +
                        std::to_string(cols));
  }

  std::span<const ModelPart> parts_;
  AdapterMatch& match_;
  std::vector<std::string> unmatched_;
};

}  // namespace

AdapterMatch match_adapters(std::span<const ModelPart> parts, std::span<const AdapterUse> uses) {
  AdapterMatch match;
  Matcher matcher(parts, match);
  for (const AdapterUse& use : uses) matcher(use);
  return match;
}

}  // namespace diptych
