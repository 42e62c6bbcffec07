#include "engine/host/images/image_likeness.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::host {

double psnr_db(const Image8& exact, const Image8& other) {
  assert(exact.pixels.size() == other.pixels.size());
  double squares = 0;
  for (size_t i = 0; i < exact.pixels.size(); ++i) {
    const double difference = static_cast<double>(exact.pixels[i]) - other.pixels[i];
    squares += difference * difference;
  }
  constexpr double peak = 255, most = 100;
  if (squares == 0) return most;
  return std::min(most, 10 * std::log10(peak * peak * static_cast<double>(exact.pixels.size()) / squares));
}

bool is_exact_twin(const api::ImageInfo& exact, const api::ImageInfo& other) {
  const auto is_exact = [](const api::ImageInfo& one) {
    return one.settings.cache.empty() && one.settings.quantize.empty();
  };
  if (!is_exact(exact) || is_exact(other)) return false;
  api::ImageSettings same = other.settings;
  same.cache = same.quantize = "";
  // What changes no pixel.
  same.preview = exact.settings.preview;
  same.sequential_guidance = exact.settings.sequential_guidance;
  same.tiled_vae = exact.settings.tiled_vae;
  same.low_memory = exact.settings.low_memory;
  return same == exact.settings && exact.width == other.width && exact.height == other.height;
}

}  // namespace diptych::host
