// The normal draws that a reference made, handed out in its order.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "app/golden/case.h"
#include "engine/diffusion/noise/noise_source.h"

namespace diptych::golden {

class RecordedNoise final : public diffusion::NoiseSource {
 public:
  RecordedNoise(const Case& one, std::string name, std::span<const float> draws)
      : case_(one), name_(std::move(name)), draws_(draws) {}

  void fill_normal(std::span<float> values) override {
    if (values.size() > draws_.size()) case_.fail(name_, "is shorter than what the run draws");
    std::copy_n(draws_.begin(), values.size(), values.begin());
    draws_ = draws_.subspan(values.size());
  }

 private:
  const Case& case_;
  std::string name_;
  std::span<const float> draws_;
};

}  // namespace diptych::golden
