#include "models/t2i_adapter/adapter_block.h"

#include "engine/ops/activation.h"
#include "engine/ops/average_pool.h"
#include "engine/ops/elementwise.h"

namespace diptych::models {
namespace {

Conv2d square_conv(WeightLoader& weights, const std::string& name, int64_t in_channels, int64_t out_channels,
                   int64_t kernel) {
  return weights.conv2d(name, {.in_channels = in_channels,
                               .out_channels = out_channels,
                               .kernel_height = kernel,
                               .kernel_width = kernel,
                               .padding = padding_on_all_sides(kernel / 2)});
}

}  // namespace

AdapterResnet::AdapterResnet(WeightLoader& weights, const std::string& name, int64_t channels, int64_t second_kernel)
    : first(square_conv(weights, name + ".block1", channels, channels, 3)),
      second(square_conv(weights, name + ".block2", channels, channels, second_kernel)) {}

Tensor AdapterResnet::forward(Context& ctx, const Tensor& x) const {
  return add(ctx, conv2d(ctx, activate(ctx, conv2d(ctx, x, first), Activation::relu), second), x);
}

AdapterBlock::AdapterBlock(WeightLoader& weights, const std::string& name, const AdapterBlockSizes& sizes)
    : halved(sizes.halved) {
  const int64_t inside = sizes.light ? sizes.out_channels / 4 : sizes.out_channels;
  if (sizes.light || sizes.in_channels != inside) {
    in = square_conv(weights, name + ".in_conv", sizes.in_channels, inside, 1);
  }
  for (int64_t i = 0; i < sizes.resnets; ++i) {
    resnets.emplace_back(weights, name + ".resnets." + std::to_string(i), inside, sizes.light ? 3 : 1);
  }
  if (sizes.light) out = square_conv(weights, name + ".out_conv", inside, sizes.out_channels, 1);
}

Tensor AdapterBlock::forward(Context& ctx, Tensor x) const {
  if (halved) x = average_pool(ctx, x);  // [rows, height / 2, width / 2, in_channels]
  if (in) x = conv2d(ctx, x, *in);
  for (const AdapterResnet& resnet : resnets) x = resnet.forward(ctx, x);
  return out ? conv2d(ctx, x, *out) : x;  // [rows, height / 2, width / 2, out_channels]
}

}  // namespace diptych::models
