#include "models/ip_adapter/image_projection.h"

#include <array>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/ops/activation.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/norm.h"
#include "models/common/renamed_weights.h"

namespace diptych::models {
namespace {

constexpr float projection_norm_eps = 1e-5f;
constexpr int64_t resampler_head_dim = 64;  // of every published one; the file does not say it

struct ProjectionNorm {
  ProjectionNorm(WeightLoader& weights, const std::string& name, int64_t width)
      : weight(weights.vector(name + ".weight", width)), bias(weights.vector(name + ".bias", width)) {}
  Tensor operator()(Context& ctx, const Tensor& x) const {
    return layer_norm(ctx, x, weight, bias, projection_norm_eps);
  }

  Tensor weight, bias;  // [width]
};

// A few tokens from the projected picture.
class PlainProjection final : public ImageProjection {
 public:
  PlainProjection(WeightLoader& weights, const WeightFile& file, int64_t text_width)
      : width_(text_width), norm_(weights, "image_proj.norm", text_width) {
    architecture = "IP-Adapter";
    reads_hidden_states = false;
    image_width = stored_extent(file, "image_proj.proj.weight", 1);
    const int64_t rows = stored_extent(file, "image_proj.proj.weight", 0);
    if (rows % text_width != 0) {
      throw Error(ErrorCategory::invalid_file, "cannot load IP-Adapter", file.path(),
                  "image_proj.proj.weight has " + std::to_string(rows) + " rows, its tokens are " +
                      std::to_string(text_width) + " wide",
                  "fetch the file again");
    }
    proj_ = weights.linear({{"image_proj.proj", rows}}, image_width);
  }

  Tensor forward(Context& ctx, const Tensor& pictures) const override {
    const Tensor x = linear(ctx, pictures, proj_);  // [rows, tokens * width]
    return norm_(ctx, x.reshape({x.dim(0), x.dim(1) / width_, width_}));
  }

 private:
  int64_t width_;
  ProjectionNorm norm_;
  Linear proj_;  // [tokens * width, image_width]
};

// A token for each of the encoder's.
class FullProjection final : public ImageProjection {
 public:
  FullProjection(WeightLoader& weights, const WeightFile& file, int64_t text_width)
      : norm_(weights, "image_proj.proj.3", text_width) {
    architecture = "IP-Adapter Full";
    image_width = stored_extent(file, "image_proj.proj.0.weight", 1);
    const int64_t inner = stored_extent(file, "image_proj.proj.0.weight", 0);
    inward_ = weights.linear({{"image_proj.proj.0", inner}}, image_width);
    outward_ = weights.linear({{"image_proj.proj.2", text_width}}, inner);
  }

  Tensor forward(Context& ctx, const Tensor& pictures) const override {
    const int64_t rows = pictures.dim(0), tokens = pictures.dim(1);
    Tensor x = linear(ctx, pictures.reshape({rows * tokens, image_width}), inward_);  // [rows * tokens, inner]
    x = linear(ctx, activate(ctx, x, Activation::gelu_erf), outward_);                // [rows * tokens, width]
    return norm_(ctx, x).reshape({rows, tokens, x.dim(1)});
  }

 private:
  ProjectionNorm norm_;
  Linear inward_, outward_;
};

struct ResamplerLayer {
  ResamplerLayer(WeightLoader& weights, const WeightFile& file, const std::string& name, int64_t hidden)
      : picture_norm(weights, name + ".0.norm1", hidden),
        latent_norm(weights, name + ".0.norm2", hidden),
        feed_norm(weights, name + ".1.0", hidden) {
    const int64_t inner = stored_extent(file, name + ".0.to_q.weight", 0);
    if (inner % resampler_head_dim != 0) {
      throw Error(ErrorCategory::invalid_file, "cannot load IP-Adapter", file.path(),
                  name + ".0.to_q.weight has " + std::to_string(inner) + " rows, which are no heads of 64",
                  "fetch the file again");
    }
    heads = inner / resampler_head_dim;
    query = weights.linear({{name + ".0.to_q", inner}}, hidden);
    keys_values = weights.linear({{name + ".0.to_kv", 2 * inner}}, hidden);
    output = weights.linear({{name + ".0.to_out", hidden}}, inner);
    const int64_t wide = stored_extent(file, name + ".1.1.weight", 0);
    inward = weights.linear({{name + ".1.1", wide}}, hidden);
    outward = weights.linear({{name + ".1.3", hidden}}, wide);
  }

  // pictures [rows * n, hidden], latents [rows * queries, hidden] -> like latents
  Tensor forward(Context& ctx, const Tensor& pictures, const Tensor& latents, int64_t rows) const {
    const Tensor asked = latent_norm(ctx, latents);
    const auto stream = [&](const Tensor& x) {
      const Tensor kv = linear(ctx, x, keys_values);  // [rows * n, 2 inner]
      const int64_t inner = kv.dim(1) / 2;
      return AttentionStream{
          .q = {}, .k = kv.slice(1, 0, inner).split_last(heads), .v = kv.slice(1, inner, 2 * inner).split_last(heads)};
    };
    std::array streams{stream(picture_norm(ctx, pictures)), stream(asked)};
    streams[1].q = linear(ctx, asked, query).split_last(heads);
    const Tensor a = joint_attention(ctx, streams, rows)[1];     // [rows * queries, inner]
    const Tensor x = add(ctx, linear(ctx, a, output), latents);  // [rows * queries, hidden]
    const Tensor h = activate(ctx, linear(ctx, feed_norm(ctx, x), inward), Activation::gelu_erf);
    return add(ctx, linear(ctx, h, outward), x);
  }

  ProjectionNorm picture_norm, latent_norm, feed_norm;
  int64_t heads = 0;
  Linear query;            // [inner, hidden]
  Linear keys_values;      // [2 inner, hidden]
  Linear output;           // [hidden, inner]
  Linear inward, outward;  // [wide, hidden], [hidden, wide]
};

// Learnt queries that read what the encoder says of each patch.
class Resampler final : public ImageProjection {
 public:
  Resampler(WeightLoader& weights, const WeightFile& file, int64_t text_width)
      : norm_(weights, "image_proj.norm_out", text_width) {
    architecture = "IP-Adapter Plus";
    image_width = stored_extent(file, "image_proj.proj_in.weight", 1);
    const int64_t hidden = stored_extent(file, "image_proj.proj_in.weight", 0),
                  queries = stored_extent(file, "image_proj.latents", 1);
    latents_ = weights.values("image_proj.latents", {1, queries, hidden}).reshape({1, queries * hidden});
    inward_ = weights.linear({{"image_proj.proj_in", hidden}}, image_width);
    const int64_t layers = count_layers(file, "image_proj.layers.", ".0.to_q.weight");
    for (int64_t i = 0; i < layers; ++i) {
      layers_.emplace_back(weights, file, "image_proj.layers." + std::to_string(i), hidden);
    }
    outward_ = weights.linear({{"image_proj.proj_out", text_width}}, hidden);
  }

  Tensor forward(Context& ctx, const Tensor& pictures) const override {
    const int64_t rows = pictures.dim(0), hidden = outward_.cols(), queries = latents_.dim(1) / hidden;
    const Tensor x =
        linear(ctx, pictures.reshape({rows * pictures.dim(1), image_width}), inward_);  // [rows * n, hidden]
    const std::vector<int32_t> same(static_cast<size_t>(rows), 0);
    Tensor latents = gather_rows(ctx, latents_, same).reshape({rows * queries, hidden});
    for (const ResamplerLayer& layer : layers_) latents = layer.forward(ctx, x, latents, rows);
    latents = norm_(ctx, linear(ctx, latents, outward_));  // [rows * queries, text_width]
    return latents.reshape({rows, queries, latents.dim(1)});
  }

 private:
  ProjectionNorm norm_;
  Tensor latents_;  // [1, queries * hidden]
  Linear inward_;   // [hidden, image_width]
  std::vector<ResamplerLayer> layers_;
  Linear outward_;  // [text_width, hidden]
};

}  // namespace

std::unique_ptr<ImageProjection> load_image_projection(WeightLoader& weights, const WeightFile& file,
                                                       int64_t text_width) {
  if (file.contains("image_proj.proj.weight")) return std::make_unique<PlainProjection>(weights, file, text_width);
  if (file.contains("image_proj.latents")) return std::make_unique<Resampler>(weights, file, text_width);
  if (file.contains("image_proj.proj.3.weight")) return std::make_unique<FullProjection>(weights, file, text_width);
  throw Error(ErrorCategory::unsupported, "cannot load IP-Adapter", file.path(),
              "it has no image projection of a known form (FaceID reads faces, not CLIP's pictures)",
              "choose an IP-Adapter, IP-Adapter Plus or IP-Adapter Full file");
}

}  // namespace diptych::models
