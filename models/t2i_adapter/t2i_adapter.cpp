#include "models/t2i_adapter/t2i_adapter.h"

#include <optional>
#include <string>
#include <vector>

#include "engine/ops/image_layout.h"
#include "engine/ops/patch.h"
#include "models/common/config_reader.h"
#include "models/common/control_picture.h"
#include "models/common/reference_inputs.h"
#include "models/t2i_adapter/adapter_block.h"

namespace diptych::models {
namespace {

struct T2iConfig {
  int64_t picture_channels, downscale;
  bool first_conv = true;  // in front of the blocks
  std::vector<AdapterBlockSizes> blocks;

  explicit T2iConfig(const HfConfig& c)
      : picture_channels(c.extent("in_channels", 3)), downscale(c.extent("downscale_factor", 8)) {
    const std::string type = c.text("adapter_type").value_or("full_adapter");
    std::vector<int64_t> channels = c.extents("channels");
    if (channels.empty()) channels = {320, 640, 1280, 1280};
    if (channels.size() > 16) c.fail("channels", "has more levels than any picture can have");
    if (downscale > 64) c.fail("downscale_factor", "is larger than any adapter's");
    const int64_t resnets = c.extent("num_res_blocks", type == "light_adapter" ? 4 : 2);
    if (type == "light_adapter") {
      light(c, channels, resnets);
    } else if (type == "full_adapter" || type == "full_adapter_xl") {
      full(c, channels, resnets, type == "full_adapter_xl");
    } else {
      c.refuse("adapter_type", "names " + type, "choose full_adapter, full_adapter_xl or light_adapter");
    }
  }

 private:
  void full(const HfConfig& c, const std::vector<int64_t>& channels, int64_t resnets, bool xl) {
    for (size_t i = 0; i < channels.size(); ++i) {
      const int64_t before = channels[i == 0 ? 0 : i - 1];
      if (xl && i > 2 && before != channels[i]) c.fail("channels", "changes behind its third number");
      const bool halved = xl ? i == 2 : i > 0;  // SDXL has one level less, and its first one ends halved
      blocks.push_back({.in_channels = before, .out_channels = channels[i], .resnets = resnets, .halved = halved});
    }
  }

  void light(const HfConfig& c, std::vector<int64_t> channels, int64_t resnets) {
    first_conv = false;
    channels.push_back(channels.back());
    int64_t before = picture_channels * downscale * downscale;
    for (size_t i = 0; i < channels.size(); ++i) {
      if (channels[i] < 4) c.fail("channels", "is less than 4");
      blocks.push_back(
          {.in_channels = before, .out_channels = channels[i], .resnets = resnets, .halved = i > 0, .light = true});
      before = channels[i];
    }
  }
};

class T2iAdapter final : public ControlModel {
 public:
  T2iAdapter(WeightLoader& weights, const ModelSource& source) : config_(HfConfig(source)) {
    const int64_t values = config_.picture_channels * config_.downscale * config_.downscale;
    if (config_.first_conv) {
      conv_in_ = weights.conv2d("adapter.conv_in",
                                {.in_channels = values, .out_channels = config_.blocks.front().in_channels});
    }
    for (size_t i = 0; i < config_.blocks.size(); ++i) {
      blocks_.emplace_back(weights, "adapter.body." + std::to_string(i), config_.blocks[i]);
      info_.points.levels.push_back(config_.blocks[i].out_channels);
    }
    info_.architecture = source.architecture();
    info_.name = source.name();
    info_.image_channels = config_.picture_channels;
    info_.image_scale = 0;
    info_.side_multiple = config_.downscale;
    info_.parameters = weights.parameters();
  }

  const ControlModelInfo& info() const override { return info_; }

  std::vector<Tensor> prepare(Context& ctx, const Tensor& image) const override {
    check_control_picture(info_, image);
    const int64_t rows = image.dim(0), height = image.dim(2) / config_.downscale,
                  width = image.dim(3) / config_.downscale;
    const Tensor patches = patchify(ctx, image, {.side = config_.downscale});
    Tensor x = patches.reshape({rows, height, width, patches.dim(1)});
    if (conv_in_) x = conv2d(ctx, x, *conv_in_);
    std::vector<Tensor> features;
    for (const AdapterBlock& block : blocks_) {
      x = block.forward(ctx, x);  // [rows, height / 1 …, width / 1 …, channels of the level]
      features.push_back(x);
    }
    return features;
  }

  ControlResiduals forward(Context&, const DenoiserInput&, const std::vector<Tensor>& prepared) const override {
    return {.skips = {}, .middle = {}, .levels = prepared};
  }

  TensorMap evaluate(Context& ctx, const TensorMap& inputs, const nlohmann::json& arguments) const override {
    ReferenceInputs named(inputs, info_.architecture);
    const Tensor picture = named.tensor("x", {any_extent, info_.image_channels, any_extent, any_extent});
    named.refuse_the_rest(arguments);
    TensorMap outputs;
    const std::vector<Tensor> features = prepare(ctx, picture);
    for (size_t i = 0; i < features.size(); ++i) {
      outputs["features." + std::to_string(i)] = channels_first(ctx, features[i]);
    }
    return outputs;
  }

 private:
  T2iConfig config_;
  ControlModelInfo info_;
  std::optional<Conv2d> conv_in_;
  std::vector<AdapterBlock> blocks_;
};

}  // namespace

std::unique_ptr<ControlModel> load_t2i_adapter(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  WeightLoader weights(ctx, source.weights, options);
  return std::make_unique<T2iAdapter>(weights, source);
}

}  // namespace diptych::models
