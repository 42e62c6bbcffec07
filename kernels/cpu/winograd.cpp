#include "kernels/cpu/winograd.h"

#include <algorithm>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/winograd.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/winograd_points-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// Where a tile lies.
struct TilePlace {
  int64_t image, top, left;  // of the result's first pixel

  TilePlace(const ConvImage& of, int64_t tile) {
    const int64_t across = (of.out_width + winograd_side - 1) / winograd_side, tiles = winograd_tiles(of);
    image = tile / tiles;
    top = tile % tiles / across * winograd_side;
    left = tile % tiles % across * winograd_side;
  }
};

void input_tiles(const float* x, const ConvImage& image, int64_t begin, int64_t end, float* v, int64_t group_stride,
                 int64_t product_stride) {
  const int64_t channels = image.channels;
  for (int64_t tile = begin; tile < end; ++tile, v += regrouped_columns) {
    const TilePlace place(image, tile);
    const float* pixels[36];  // of d, null: outside the image
    for (int64_t i = 0; i < 6; ++i) {
      for (int64_t j = 0; j < 6; ++j) {
        int64_t row = place.top - image.pad_top + i, column = place.left - image.pad_left + j;
        const bool inside = row >= 0 && row < image.seen_height && column >= 0 && column < image.seen_width;
        if (image.upsampled) {
          row /= 2;
          column /= 2;
        }
        pixels[i * 6 + j] =
            inside ? x + ((place.image * image.height + row) * image.width + column) * channels : nullptr;
      }
    }
    for_vectors(channels, [&](int64_t c, int n) HWY_ATTR {
      float* to = v + c / regrouped_columns * group_stride + c % regrouped_columns;
      VF d[36], t[36], points[6];
      DIPTYCH_UNROLL
      for (int k = 0; k < 36; ++k) d[k] = pixels[k] != nullptr ? load_some(pixels[k] + c, n) : hn::Zero(F32());
      DIPTYCH_UNROLL
      for (int j = 0; j < 6; ++j) {
        input_points(d + j, 6, points);
        for (int i = 0; i < 6; ++i) t[i * 6 + j] = points[i];
      }
      DIPTYCH_UNROLL
      for (int i = 0; i < 6; ++i) {
        input_points(t + i * 6, 1, points);
        for (int j = 0; j < 6; ++j) store_some(points[j], to + (i * 6 + j) * product_stride, n);
      }
    });
  }
}

template <typename T>
HWY_INLINE void weight_rows(const T* packed, int64_t channels, int64_t begin, int64_t end, float* u,
                            int64_t product_stride) {
  const F32 df;
  for (int64_t c = begin; c < end; ++c, u += tile) {
    for (int row = 0; row < tile; row += lanes) {
      VF g[9], t[18], points[6];
      DIPTYCH_UNROLL
      for (int tap = 0; tap < 9; ++tap) g[tap] = load(packed + (tap * channels + c) * tile + row);
      DIPTYCH_UNROLL
      for (int j = 0; j < 3; ++j) {
        weight_points(g + j, 3, points);
        for (int i = 0; i < 6; ++i) t[i * 3 + j] = points[i];
      }
      DIPTYCH_UNROLL
      for (int i = 0; i < 6; ++i) {
        weight_points(t + i * 3, 1, points);
        for (int j = 0; j < 6; ++j) hn::StoreU(points[j], df, u + (i * 6 + j) * product_stride + row);
      }
    }
  }
}

void weight_tile(DType type, const std::byte* packed, int64_t channels, int64_t first_row, int64_t begin, int64_t end,
                 float* u, int64_t product_stride) {
  const std::byte* rows = packed + static_cast<size_t>(first_row / tile) * packed_tile_bytes(type, 9 * channels);
  if (type == DType::f32) {
    weight_rows(reinterpret_cast<const float*>(rows), channels, begin, end, u, product_stride);
  } else if (type == DType::f16) {
    weight_rows(reinterpret_cast<const hwy::float16_t*>(rows), channels, begin, end, u, product_stride);
  } else {
    weight_rows(reinterpret_cast<const hwy::bfloat16_t*>(rows), channels, begin, end, u, product_stride);
  }
}

void output_tiles(const float* m, int64_t product_stride, int64_t tile_stride, const ConvImage& image, int64_t begin,
                  int64_t end, int64_t first_row, int count, const float* bias, float* y, int64_t y_stride) {
  const F32 df;
  for (int64_t index = begin; index < end; ++index, m += tile_stride) {
    const TilePlace place(image, index);
    const int64_t height = std::min(winograd_side, image.out_height - place.top),
                  width = std::min(winograd_side, image.out_width - place.left);
    const int64_t first = (place.image * image.out_height + place.top) * image.out_width + place.left;
    for (int row = 0; row < count; row += lanes) {
      const int n = std::min(lanes, count - row);
      const VF b = bias != nullptr ? load_some(bias + first_row + row, n) : hn::Zero(df);
      VF t[24], points[4];
      DIPTYCH_UNROLL
      for (int j = 0; j < 6; ++j) {
        VF column[6];
        for (int i = 0; i < 6; ++i) column[i] = hn::LoadU(df, m + (i * 6 + j) * product_stride + row);
        output_points(column, 1, points);
        for (int i = 0; i < 4; ++i) t[i * 6 + j] = points[i];
      }
      for (int64_t i = 0; i < height; ++i) {
        output_points(t + i * 6, 1, points);
        for (int64_t j = 0; j < width; ++j) {
          float* pixel = y + (first + i * image.out_width + j) * y_stride + first_row + row;
          store_some(hn::Add(points[j], b), pixel, n);
        }
      }
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(input_tiles);
HWY_EXPORT(weight_tile);
HWY_EXPORT(output_tiles);

int64_t winograd_tiles(const ConvImage& image) {
  return ((image.out_height + winograd_side - 1) / winograd_side) *
         ((image.out_width + winograd_side - 1) / winograd_side);
}

void winograd_input(const float* x, const ConvImage& image, int64_t begin, int64_t end, float* v, int64_t group_stride,
                    int64_t product_stride) {
  HWY_DYNAMIC_DISPATCH(input_tiles)(x, image, begin, end, v, group_stride, product_stride);
}

void winograd_weights(DType type, const std::byte* packed, int64_t channels, int64_t first_row, int64_t begin,
                      int64_t end, float* u, int64_t product_stride) {
  HWY_DYNAMIC_DISPATCH(weight_tile)(type, packed, channels, first_row, begin, end, u, product_stride);
}

void winograd_output(const float* m, int64_t product_stride, int64_t tile_stride, const ConvImage& image, int64_t begin,
                     int64_t end, int64_t first_row, int count, const float* bias, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(output_tiles)
  (m, product_stride, tile_stride, image, begin, end, first_row, count, bias, y, y_stride);
}

}  // namespace diptych::kernels::cpu
#endif
