#include "models/esrgan/rrdb_net.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/model/weight_loader.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/image_layout.h"
#include "engine/ops/join.h"
#include "engine/ops/patch.h"
#include "models/common/image_blocks.h"
#include "models/esrgan/esrgan_names.h"

namespace diptych::models {
namespace {

constexpr float leak = 0.2f;            // of the activation, below 0
constexpr float residual_scale = 0.2f;  // of what blocks add

Tensor leaky_relu(Context& ctx, const Tensor& x) {  // x >= 0: x, else leak * x
  return add(ctx, scale_offset(ctx, activate(ctx, x, Activation::relu), 1 - leak, 0), scale_offset(ctx, x, leak, 0));
}

Tensor add_scaled(Context& ctx, const Tensor& x, const Tensor& change) {
  return add(ctx, x, scale_offset(ctx, change, residual_scale, 0));
}

// Five convolutions, each of which reads what all before it made (a residual dense block).
struct DenseBlock {
  DenseBlock(WeightLoader& weights, const std::string& name, const RrdbConfig& c) {
    for (int64_t i = 0; i < 5; ++i) {
      layers.push_back(conv3x3(weights, name + ".conv" + std::to_string(i + 1), c.channels + i * c.growth,
                               i < 4 ? c.growth : c.channels));
    }
  }

  Tensor forward(Context& ctx, const Tensor& x) const {  // [rows, height, width, channels]
    Tensor all = x;                                      // [rows, height, width, channels + i * growth]
    for (size_t i = 0; i + 1 < layers.size(); ++i) {
      all = concat(ctx, all, leaky_relu(ctx, conv2d(ctx, all, layers[i])), 3);
    }
    return add_scaled(ctx, x, conv2d(ctx, all, layers.back()));
  }

  std::vector<Conv2d> layers;
};

class RrdbNet final : public ImageUpscaler {
 public:
  RrdbNet(WeightLoader& weights, const RrdbConfig& config)
      : config_(config),
        first_(conv3x3(weights, "conv_first", 3 * config.unshuffle * config.unshuffle, config.channels)),
        body_(conv3x3(weights, "conv_body", config.channels, config.channels)),
        hr_(conv3x3(weights, "conv_hr", config.channels, config.channels)),
        last_(conv3x3(weights, "conv_last", config.channels, 3)) {
    for (int64_t block = 0; block < config.blocks; ++block) {
      for (int64_t dense = 1; dense <= 3; ++dense) {
        dense_.emplace_back(weights, "body." + std::to_string(block) + ".rdb" + std::to_string(dense), config);
      }
    }
    for (int64_t i = 1; i <= config.doublings; ++i) {
      ups_.push_back(conv3x3(weights, "conv_up" + std::to_string(i), config.channels, config.channels));
    }
    info_ = {.architecture = "RRDBNet",
             .scale = config.scale(),
             .side_multiple = config.unshuffle,
             .parameters = weights.parameters()};
  }

  const ImageUpscalerInfo& info() const override { return info_; }

  Tensor upscale(Context& ctx, const Tensor& images) const override {
    check(images);
    const int64_t side = config_.unshuffle, rows = images.dim(0);
    Tensor x = side == 1 ? channels_last(ctx, images)
                         : patchify(ctx, images, {.side = side})
                               .reshape({rows, images.dim(2) / side, images.dim(3) / side, 3 * side * side});
    const Tensor features = conv2d(ctx, x, first_);  // [rows, height, width, channels]
    x = features;
    for (size_t i = 0; i < dense_.size(); i += 3) {  // three dense blocks around a residual
      Tensor h = dense_[i].forward(ctx, x);
      h = dense_[i + 1].forward(ctx, h);
      x = add_scaled(ctx, x, dense_[i + 2].forward(ctx, h));
    }
    x = add(ctx, features, conv2d(ctx, x, body_));
    for (const Conv2d& up : ups_) {
      x = leaky_relu(ctx, conv2d(ctx, x, up, {2 * x.dim(1), 2 * x.dim(2)}));  // [rows, 2 height, 2 width, channels]
    }
    return channels_first(ctx, conv2d(ctx, leaky_relu(ctx, conv2d(ctx, x, hr_)), last_));
  }

 private:
  void check(const Tensor& images) const {
    const bool right = images.dtype() == DType::f32 && images.contiguous() && images.shape().rank() == 4 &&
                       images.elements() > 0 && images.dim(1) == 3 && images.dim(2) % config_.unshuffle == 0 &&
                       images.dim(3) % config_.unshuffle == 0;
    if (right) return;
    throw Error(
        ErrorCategory::invalid_argument, "cannot enlarge with RRDBNet", images.shape().str(),
        "it is no picture that the network takes",
        "give f32 [rows, 3, height, width] with sides that are multiples of " + std::to_string(config_.unshuffle));
  }

  RrdbConfig config_;
  ImageUpscalerInfo info_;
  Conv2d first_;
  std::vector<DenseBlock> dense_;  // three for each block
  Conv2d body_;
  std::vector<Conv2d> ups_;
  Conv2d hr_, last_;
};

}  // namespace

std::unique_ptr<ImageUpscaler> load_rrdb_net(Context& ctx, std::shared_ptr<const WeightFile> file,
                                             const LoadOptions& options) {
  const RrdbFile named = rrdb_file(std::move(file));
  WeightLoader weights(ctx, named.weights, options);
  return std::make_unique<RrdbNet>(weights, named.config);
}

}  // namespace diptych::models
