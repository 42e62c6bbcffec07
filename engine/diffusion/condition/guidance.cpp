#include "engine/diffusion/condition/guidance.h"

#include <algorithm>
#include <cmath>

namespace diptych::diffusion {
namespace {

double deviation_of(std::span<const float> values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// result += share * (values - perturbed)
void move_from_perturbed(const WeightedPrediction& one, double share, std::span<float> result) {
  if (one.perturbed.empty()) return;
  const auto scale = static_cast<float>(share);
  for (size_t i = 0; i < result.size(); ++i) result[i] += scale * (one.values[i] - one.perturbed[i]);
}

}  // namespace

bool Guidance::active(int evaluation, int evaluations) const {
  const double place = static_cast<double>(evaluation) / static_cast<double>(evaluations);
  return scale != 1 && place >= begin && (place < end || end >= 1);
}

void guide(const Guidance& guidance, std::span<const float> unconditional,
           std::span<const WeightedPrediction> conditional, std::span<float> guided) {
  std::ranges::copy(unconditional, guided.begin());
  for (const WeightedPrediction& one : conditional) {
    const auto scale = static_cast<float>(guidance.scale * one.weight);
    for (size_t i = 0; i < guided.size(); ++i) guided[i] += scale * (one.values[i] - unconditional[i]);
    move_from_perturbed(one, guidance.perturbed_scale * one.weight, guided);
  }
  if (guidance.rescale <= 0 || guided.size() < 2) return;
  const double before = deviation_of(conditional.front().values), after = deviation_of(guided);
  if (after == 0) return;
  const auto factor = static_cast<float>(guidance.rescale * before / after + (1 - guidance.rescale));
  for (float& value : guided) value *= factor;
}

void mix_unguided(std::span<const WeightedPrediction> conditional, std::span<float> mixed, double perturbed_scale) {
  double sum = 0;
  for (const WeightedPrediction& one : conditional) sum += one.weight;
  std::ranges::fill(mixed, 0.0f);
  for (const WeightedPrediction& one : conditional) {
    const auto share = static_cast<float>(sum != 0 ? one.weight / sum : 1.0 / static_cast<double>(conditional.size()));
    for (size_t i = 0; i < mixed.size(); ++i) mixed[i] += share * one.values[i];
    move_from_perturbed(one, perturbed_scale * share, mixed);
  }
}

void keep_lengths(std::span<float> guided, std::span<const float> conditional, int64_t channels, int64_t height,
                  int64_t width) {
  for (int64_t y = 0; y < height; y += 2) {
    for (int64_t x = 0; x < width; x += 2) {
      const auto each = [&](const auto& visit) {
        for (int64_t c = 0; c < channels; ++c) {
          for (const int64_t at : {y * width + x, y * width + x + 1, (y + 1) * width + x, (y + 1) * width + x + 1}) {
            visit(static_cast<size_t>(c * height * width + at));
          }
        }
      };
      double wanted = 0, found = 0;
      each([&](size_t i) {
        wanted += static_cast<double>(conditional[i]) * conditional[i];
        found += static_cast<double>(guided[i]) * guided[i];
      });
      if (found == 0) continue;
      const auto scale = static_cast<float>(std::sqrt(wanted / found));
      each([&](size_t i) { guided[i] *= scale; });
    }
  }
}

}  // namespace diptych::diffusion
