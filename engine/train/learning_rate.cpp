#include "engine/train/learning_rate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "engine/core/error.h"

namespace diptych::train {
namespace {

struct RateShapeName {
  RateShape shape;
  std::string_view name;
};
constexpr std::array rate_shape_names{
    RateShapeName{RateShape::constant, "constant"},
    RateShapeName{RateShape::linear, "linear"},
    RateShapeName{RateShape::cosine, "cosine"},
    RateShapeName{RateShape::cosine_restarts, "cosine_with_restarts"},
    RateShapeName{RateShape::polynomial, "polynomial"},
    RateShapeName{RateShape::warmup_stable_decay, "warmup_stable_decay"},
};

// Behind the warm-up: what the peak is multiplied by.
double factor_at(const LearningRate& rate, int64_t step) {
  const auto passed = static_cast<double>(step - rate.warmup_steps);
  const auto length = static_cast<double>(std::max<int64_t>(1, rate.total_steps - rate.warmup_steps));
  const double progress = passed / length;
  switch (rate.shape) {
    case RateShape::constant:
      break;
    case RateShape::linear:
      return std::max(0.0, static_cast<double>(rate.total_steps - step) / length);
    case RateShape::cosine:
      return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * progress)));
    case RateShape::cosine_restarts:
      if (progress >= 1) return 0;
      return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * std::fmod(rate.cycles * progress, 1.0))));
    case RateShape::polynomial:
      if (step > rate.total_steps) return rate.end / rate.peak;
      return ((rate.peak - rate.end) * std::pow(1 - progress, rate.power) + rate.end) / rate.peak;
    case RateShape::warmup_stable_decay: {
      const int64_t decayed = step - (rate.total_steps - rate.decay_steps);
      if (decayed <= 0) return 1;
      if (step >= rate.total_steps) return 0;
      return 1 - std::sqrt(static_cast<double>(decayed) / static_cast<double>(rate.decay_steps));
    }
  }
  return 1;
}

void refuse_rate(const std::string& option, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot plan learning rate", option, why, to_do);
}

}  // namespace

std::string_view rate_shape_name(RateShape shape) {
  for (const auto& [one, name] : rate_shape_names) {
    if (one == shape) return name;
  }
  return "";
}

RateShape parse_rate_shape(std::string_view name) {
  std::string known;
  for (const auto& [shape, one] : rate_shape_names) {
    if (one == name) return shape;
    known += (known.empty() ? "" : ", ") + std::string(one);
  }
  throw Error(ErrorCategory::invalid_argument, "cannot choose schedule", std::string(name),
              "there is none of this name", "choose one of " + known);
}

double LearningRate::at(int64_t step) const {
  if (step < warmup_steps) return peak * (static_cast<double>(step) / static_cast<double>(warmup_steps));
  return peak * factor_at(*this, step);
}

void check_learning_rate(const LearningRate& rate) {
  if (!(rate.peak > 0) || rate.peak > 1e3) {
    refuse_rate("learning_rate", std::to_string(rate.peak) + " is not between 0 and 1000",
                "1e-4 is usual for adapters");
  }
  if (rate.warmup_steps < 0 || (rate.shape != RateShape::constant && rate.warmup_steps >= rate.total_steps)) {
    refuse_rate("warmup",
                std::to_string(rate.warmup_steps) + " steps do not fit into " + std::to_string(rate.total_steps),
                "choose fewer steps of warm-up or more steps of training");
  }
  if (rate.shape == RateShape::warmup_stable_decay &&
      (rate.decay_steps < 0 || rate.warmup_steps + rate.decay_steps > rate.total_steps)) {
    refuse_rate("decay",
                std::to_string(rate.decay_steps) + " steps do not fit behind the warm-up of " +
                    std::to_string(rate.warmup_steps) + " into " + std::to_string(rate.total_steps),
                "choose fewer steps of decay or more steps of training");
  }
  if (rate.shape == RateShape::cosine_restarts && !(rate.cycles > 0 && rate.cycles < 1e6)) {
    refuse_rate("cycles", std::to_string(rate.cycles) + " is no number of cycles", "choose 1 or more");
  }
  if (rate.shape != RateShape::polynomial) return;
  if (!(rate.power > 0 && rate.power < 1e3)) {
    refuse_rate("power", std::to_string(rate.power) + " is no power to decay by", "1 is a straight line");
  }
  if (!(rate.end >= 0 && rate.end < rate.peak)) {
    refuse_rate("learning_rate_end", std::to_string(rate.end) + " is not below the learning rate",
                "choose a smaller end, or a constant schedule");
  }
}

}  // namespace diptych::train
