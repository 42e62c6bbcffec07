// A level of a T2I-Adapter, after diffusers' AdapterBlock and LightAdapterBlock. Images have their channels innermost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/weight_loader.h"

namespace diptych::models {

struct AdapterBlockSizes {
  int64_t in_channels = 0, out_channels = 0;
  int64_t resnets = 2;
  bool halved = false;  // what comes in
  bool light = false;   // resnets on a quarter of the channels, between two convolutions of single pixels
};

struct AdapterResnet {
  AdapterResnet(WeightLoader& weights, const std::string& name, int64_t channels, int64_t second_kernel);
  Tensor forward(Context& ctx, const Tensor& x) const;  // [rows, height, width, channels], as x

  Conv2d first, second;
};

struct AdapterBlock {
  AdapterBlock(WeightLoader& weights, const std::string& name, const AdapterBlockSizes& sizes);
  // x [rows, height, width, in_channels] -> [rows, height or its half, …, out_channels], odd sides rounded up
  Tensor forward(Context& ctx, Tensor x) const;

  bool halved;
  std::optional<Conv2d> in, out;
  std::vector<AdapterResnet> resnets;
};

}  // namespace diptych::models
