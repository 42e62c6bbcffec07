#include "kernels/cpu/adamw_8bit.h"

#include <algorithm>
#include <cmath>

namespace diptych::kernels::cpu {
namespace {

void unpack(const DynamicMap& map, const uint8_t* codes, float scale, int64_t count, float* values) {
  for (int64_t i = 0; i < count; ++i) values[i] = map.value(codes[i]) * scale;
}

float pack(const DynamicMap& map, const float* values, int64_t count, uint8_t* codes) {
  float scale = 0;
  for (int64_t i = 0; i < count; ++i) scale = std::max(scale, std::abs(values[i]));
  const float inverse = scale > 0 ? 1.0f / scale : 0.0f;
  if (std::isinf(inverse)) {  // a subnormal scale: nothing that a step would feel
    scale = 0;
    std::fill_n(codes, count, map.nearest(0));
  } else {
    for (int64_t i = 0; i < count; ++i) codes[i] = map.nearest(values[i] * inverse);
  }
  return scale;
}

}  // namespace

void adamw_8bit(const AdamWStep& step, const float* gradient, int64_t count, float* value,
                const QuantizedMoments& moments) {
  const DynamicMap &with_sign = DynamicMap::with_sign(), &without_sign = DynamicMap::without_sign();
  alignas(64) float first[moment_block], second[moment_block];
  for (int64_t begin = 0, block = 0; begin < count; begin += moment_block, ++block) {
    const int64_t n = std::min(moment_block, count - begin);
    unpack(with_sign, moments.first + begin, moments.first_scales[block], n, first);
    unpack(without_sign, moments.second + begin, moments.second_scales[block], n, second);
    adamw(step, gradient + begin, n, value + begin, first, second);
    moments.first_scales[block] = pack(with_sign, first, n, moments.first + begin);
    moments.second_scales[block] = pack(without_sign, second, n, moments.second + begin);
  }
}

}  // namespace diptych::kernels::cpu
