// What is asked of an adapter that is trained.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/train/adapters/trained_adapter.h"

namespace diptych::train {

struct AdapterOptions {
  AdapterMethod method = AdapterMethod::lora;
  bool magnitudes = false;  // DoRA (Liu et al. 2024), of LoRA
  int64_t rank = 16;
  double alpha = 16;             // the scale is alpha / rank …
  bool rank_stabilised = false;  // … or alpha / sqrt(rank) (Kalajdzievski 2023); of LoRA
  // Layers whose name ends with one of these after a dot, or is it; "all-linear": every matrix but the output layer.
  std::vector<std::string> targets = {"all-linear"};
  std::map<std::string, int64_t> rank_pattern = {};  // of layers whose name ends with the key
  std::map<std::string, double> alpha_pattern = {};
  // Of kernels larger than 1x1, which have the scale of the other layers: of all, unless targets name some; 0: of none.
  int64_t conv_rank = 0;
  int64_t kronecker_factor = -1;  // LoKr: of rows and columns for the first factor; -1: the most even split
  float plus_ratio = 1;           // LoRA+ (Hayou et al. 2024): how much faster B learns than A
  double dropout = 0;             // of what the adapter sees of a layer's input
  uint64_t seed = 0;
  std::string prefix = "base_model.model.";  // of the parameters' names
};

}  // namespace diptych::train
