#include "models/ip_adapter/ip_adapter.h"

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "models/common/renamed_weights.h"
#include "models/ip_adapter/image_projection.h"

namespace diptych::models {
namespace {

// Files count all attentions of a UNet, of which every second one is a cross attention.
std::string place_name(int64_t index) {
  return "ip_adapter." + std::to_string(2 * index + 1);
}

class IpAdapter final : public ImagePromptModel {
 public:
  IpAdapter(WeightLoader& weights, const ModelSource& source) {
    const WeightFile& file = *source.weights;
    info_.text_width = stored_extent(file, place_name(0) + ".to_k_ip.weight", 1);
    projection_ = load_image_projection(weights, file, info_.text_width);
    for (int64_t i = 0; file.contains(place_name(i) + ".to_k_ip.weight"); ++i) {
      const int64_t channels = stored_extent(file, place_name(i) + ".to_k_ip.weight", 0);
      keys_.push_back(weights.linear({{place_name(i) + ".to_k_ip", channels}}, info_.text_width));
      values_.push_back(weights.linear({{place_name(i) + ".to_v_ip", channels}}, info_.text_width));
      info_.cross_attentions.push_back(channels);
    }
    info_.architecture = projection_->architecture;
    info_.name = source.name();
    info_.reads_hidden_states = projection_->reads_hidden_states;
    info_.image_width = projection_->image_width;
    info_.parameters = weights.parameters();
  }

  const ImagePromptModelInfo& info() const override { return info_; }

  Tensor project(Context& ctx, const Tensor& pictures) const override {
    const int rank = info_.reads_hidden_states ? 3 : 2;
    if (!pictures || pictures.dtype() != DType::f32 || pictures.shape().rank() != rank || !pictures.contiguous() ||
        pictures.elements() == 0 || pictures.dim(-1) != info_.image_width) {
      throw Error(
          ErrorCategory::invalid_argument, "cannot run " + info_.architecture, "image_embeds",
          pictures ? "their shape is " + pictures.shape().str() : "they are missing",
          std::string("give f32 [rows, ") + (rank == 3 ? "tokens, " : "") + std::to_string(info_.image_width) + "]");
    }
    return projection_->forward(ctx, pictures);
  }

  KeysValues keys_values(Context& ctx, const Tensor& tokens, size_t index) const override {
    return {linear(ctx, tokens, keys_[index]), linear(ctx, tokens, values_[index])};
  }

 private:
  ImagePromptModelInfo info_;
  std::unique_ptr<ImageProjection> projection_;
  std::vector<Linear> keys_, values_;  // of each cross attention: [channels, text_width]
};

}  // namespace

std::unique_ptr<ImagePromptModel> load_ip_adapter(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<IpAdapter>(weights, source);
}

}  // namespace diptych::models
