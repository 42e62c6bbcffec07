#include "engine/diffusion/noise/variation.h"

#include <cassert>
#include <cmath>
#include <vector>

namespace diptych::diffusion {

void mix_noise(std::span<float> noise, std::span<const float> other, int64_t height, int64_t width, double strength) {
  assert(noise.size() == other.size());
  const auto lines = static_cast<size_t>(height), columns = static_cast<size_t>(width);
  const size_t planes = noise.size() / (lines * columns);
  std::vector<double> cosines;
  double sum = 0;
  for (size_t plane = 0; plane < planes; ++plane) {
    for (size_t column = 0; column < columns; ++column) {
      double dot = 0, first = 0, second = 0;
      for (size_t line = 0; line < lines; ++line) {
        const size_t i = (plane * lines + line) * columns + column;
        dot += static_cast<double>(noise[i]) * other[i];
        first += static_cast<double>(noise[i]) * noise[i];
        second += static_cast<double>(other[i]) * other[i];
      }
      cosines.push_back(dot / std::sqrt(first * second));
      sum += cosines.back();
    }
  }
  const bool parallel = sum / static_cast<double>(cosines.size()) > 0.9995;
  for (size_t i = 0; i < noise.size(); ++i) {
    const double omega = std::acos(cosines[i / (lines * columns) * columns + i % columns]), sine = std::sin(omega);
    const double kept = parallel ? 1 - strength : std::sin((1 - strength) * omega) / sine;
    const double mixed = parallel ? strength : std::sin(strength * omega) / sine;
    noise[i] = static_cast<float>(kept * noise[i] + mixed * other[i]);
  }
}

}  // namespace diptych::diffusion
